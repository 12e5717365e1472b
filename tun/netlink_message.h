// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace hawser {

inline std::uint8_t address_family_of(IpFamily family) {
  return family == IpFamily::kV4 ? AF_INET : AF_INET6;
}

// A netlink request under construction, zeroed.
class NetlinkMessage {
 public:
  NetlinkMessage(std::uint16_t type, unsigned flags)
      : header_(mnl_nlmsg_put_header(buffer_.data())) {
    header_->nlmsg_type = type;
    header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  NetlinkMessage(const NetlinkMessage&) = delete;
  NetlinkMessage& operator=(const NetlinkMessage&) = delete;

  template <typename T>
  T* extra_header() {
    return static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
  }
  nlmsghdr* header() { return header_; }
  void put(std::uint16_t type, std::uint32_t value) { mnl_attr_put_u32(header_, type, value); }
  void put_text(std::uint16_t type, const std::string& text) {
    mnl_attr_put_strz(header_, type, text.c_str());
  }
  void put(std::uint16_t type, const IpAddress& address) {
    const ByteSpan octets = address.octets();
    mnl_attr_put(header_, type, octets.size(), octets.data());
  }

 private:
  alignas(8) std::array<char, 1024> buffer_;
  nlmsghdr* header_;
};

inline ByteSpan netlink_payload(const nlmsghdr* message) {
  return {static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message)),
          mnl_nlmsg_get_payload_len(message)};
}

inline std::uint32_t load_native32(ByteSpan value) {
  std::uint32_t number = 0;
  if (value.size() == sizeof number) std::memcpy(&number, value.data(), sizeof number);
  return number;
}

// Calls visit(type, value) for each attribute behind the first `skip` octets. (The loops of libmnl
// are macros that are not C++.)
template <typename Visit>
void for_each_attribute(ByteSpan bytes, std::size_t skip, const Visit& visit) {
  std::size_t at = MNL_ALIGN(skip);
  while (at + sizeof(nlattr) <= bytes.size()) {
    nlattr header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size() - at) return;
    visit(header.nla_type & static_cast<unsigned>(NLA_TYPE_MASK),
          bytes.subspan(at + sizeof header, header.nla_len - sizeof header));
    at += MNL_ALIGN(std::size_t{header.nla_len});
  }
}

}  // namespace hawser
