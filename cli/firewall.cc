// SPDX-License-Identifier: Apache-2.0
#include "cli/firewall.h"

#include <nftables/libnftables.h>

#include <memory>

namespace hawser {
namespace {

struct NftCloser {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

Result<void, std::string> run_nft(const std::string& what, const std::string& commands) {
  const std::unique_ptr<nft_ctx, NftCloser> nft(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!nft) return failure("cannot " + what + ": out of memory");
  nft_ctx_buffer_output(nft.get());
  nft_ctx_buffer_error(nft.get());
  if (nft_run_cmd_from_buffer(nft.get(), commands.c_str()) == 0) return {};
  std::string reason(nft_ctx_get_error_buffer(nft.get()));
  reason.resize(std::min(reason.find('\n'), reason.size()));  // then it draws arrows
  return failure("cannot " + what + ": " + (reason.empty() ? "nftables refused it" : reason));
}

// Adding first makes the removal of what is not there no failure.
std::string removal(const std::string& device) {
  const std::string table = "table inet " + firewall_table(device) + "\n";
  return "add " + table + "delete " + table;
}

}  // namespace

std::string firewall_table(const std::string& device) { return "hawser_" + device; }

std::string firewall_commands(const FirewallPlan& plan) {
  std::string text = removal(plan.device) + "table inet " + firewall_table(plan.device) + " {\n";
  if (plan.masquerade) {
    text +=
        "  chain outbound_nat {\n"
        "    type nat hook postrouting priority srcnat; policy accept;\n"
        "    iifname \"" +
        plan.device + "\" oifname != \"" + plan.device +
        "\" masquerade\n"
        "  }\n";
  }
  if (plan.mark) {
    text +=
        "  chain mark_incoming {\n"
        "    type filter hook prerouting priority mangle; policy accept;\n"
        "    udp dport " +
        std::to_string(plan.listen_port) + " fib daddr type local meta mark set " +
        std::to_string(*plan.mark) +
        "\n"
        "  }\n";
  }
  return text + "}\n";
}

Result<void, std::string> install_firewall(const FirewallPlan& plan) {
  return run_nft("make the nftables table " + firewall_table(plan.device), firewall_commands(plan));
}

Result<void, std::string> remove_firewall(const std::string& device) {
  return run_nft("remove the nftables table " + firewall_table(device), removal(device));
}

}  // namespace hawser
