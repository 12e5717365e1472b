// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "crypto/key_exchange.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/message_protection.h"
#include "tests/fuzz/ike_world.h"

namespace hawser::fuzz {

using Octets = std::vector<std::uint8_t>;

// The other end of the engine's IKE SAs, made of the same parts. It knows their keys, so what it
// says is authentic, and it may say anything at any time.
class IkeRogue {
 public:
  explicit IkeRogue(const IkeScene& scene);

  // --- IKE_SA_INIT and IKE_AUTH ---
  // As initiator; a second call begins anew.
  Octets init_request();
  // A message of the engine: keeps what is needed for an answer. What is to be said at once, or
  // empty: IKE_SA_INIT again with a cookie, or the answer to IKE_SA_INIT.
  Octets observe(ByteSpan message);
  bool has_keys() const { return !sas_.empty(); }
  IkePayloads auth_request();

  // --- inside an IKE SA ---
  static constexpr unsigned kRequestKinds = 10;
  struct Wish {
    ExchangeType exchange = ExchangeType::kInformational;
    IkePayloads payloads;
  };
  // A sound request. `ours` is an SPI that the engine sends with, `kind` below
  // kRequestKinds.
  Wish request(unsigned kind, Spi ours);
  // The engine's last request, and a sound answer; nothing if none waits.
  std::optional<Wish> answer();
  // Sealed with the keys of the newest IKE SA, or of the one before.
  struct Saying {
    std::uint8_t exchange = 0;
    bool is_response = false;
    std::uint8_t id_offset = 0;  // 0: the ID that is due
    bool older_sa = false;
    bool fragmented = false;
  };
  Datagrams seal(const Saying& saying, const SerializedPayloads& chain);

 private:
  struct Association {
    IkeSpiPair spis;
    bool ours = true;  // we began it
    IkeKeys keys;
    std::optional<MessageProtection> protection;
    std::uint32_t next_id = 0;
    std::optional<IkeHeader> asked;  // the engine's last request
    IkePayloads question;
  };
  Octets answer_init(const IkeMessage& request, ByteSpan octets);
  Octets take_init_answer(const IkeMessage& response, ByteSpan octets);
  void observe_sealed(ByteSpan message);
  void take_rekey_answer(const Association& old, const IkePayloads& response);
  IkePayloads answer_auth(const IkePayloads& question);
  IkePayloads answer_create_child(const IkePayloads& question);
  IkePayloads answer_rekey_ike(const IkePayloads& question);
  IkePayloads prove(bool as_initiator);
  void add_child(IkePayloads& payloads);
  void new_key_exchange();
  Octets nonce();
  void add_association(Association association);
  Association& newest() { return sas_.back(); }

  const IkeScene scene_;
  RepeatableRandom random_;
  IkeLocalConfig local_;
  PeerAuth auth_;
  std::unique_ptr<KeyExchange> key_exchange_;
  IkePayloads init_payloads_;
  IkeSpiPair init_spis_;
  Octets init_message_;  // ours
  Octets nonce_initiator_;
  Octets nonce_responder_;
  // Of our own rekey of an IKE SA.
  std::unique_ptr<KeyExchange> rekey_exchange_;
  Octets rekey_nonce_;
  IkeSpi rekey_spi_;
  std::vector<Association> sas_;
  // Begins with our answer, which is still sealed with the keys of the one before.
  std::optional<Association> next_;
  std::uint32_t next_spi_ = 0x2000;
};

}  // namespace hawser::fuzz
