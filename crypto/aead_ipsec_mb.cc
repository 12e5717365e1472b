// SPDX-License-Identifier: Apache-2.0
//
// AEADs by intel-ipsec-mb, in two manners, each the fastest of its cipher:
// - AES-GCM by the direct calls. They take everything as arguments, so all threads share the
//   function pointers of one manager that nobody writes to after its making.
// - ChaCha20-Poly1305 by bursts of jobs, which live in a manager. Nothing of a batch stays there
//   when the call returns, so a manager belongs to the thread and not to the key: ten thousand SAs
//   of a worker use one.
#include <intel-ipsec-mb.h>

#include <algorithm>
#include <cassert>
#include <new>

#include "crypto/aead_provider.h"
#include "crypto/fatal.h"
#include "crypto/key_arena.h"

namespace hawser {
namespace {

struct ManagerDeleter {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerDeleter>;

// nullptr if the processor lacks what the library needs at least.
Manager make_manager() {
  Manager manager(alloc_mb_mgr(0));
  if (manager == nullptr) return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  // IMB_ARCH_NOAESNI computes AES with table look-ups: slower than OpenSSL, and timing tells.
  if (imb_get_errno(manager.get()) != 0 || arch < IMB_ARCH_SSE) return nullptr;
  return manager;
}

const IMB_MGR* shared_manager() {
  static const Manager manager = make_manager();
  return manager.get();
}

IMB_MGR* thread_manager() {
  thread_local const Manager manager = make_manager();
  if (manager == nullptr) die("no memory for a crypto manager of this thread.");
  return manager.get();
}

// A T in locked memory. The arenas are never destroyed, so that a key that lives until the end of
// the process may still give its slot back.
template <typename T>
class LockedObject {
 public:
  LockedObject() : object_(new (arena().take()) T{}) {}
  LockedObject(const LockedObject&) = delete;
  LockedObject& operator=(const LockedObject&) = delete;
  ~LockedObject() { arena().give_back(object_); }
  T* operator->() const { return object_; }

 private:
  static KeyArena& arena() {
    static KeyArena& arena = *new KeyArena(sizeof(T));
    return arena;
  }
  T* object_;
};

class IpsecMbGcm final : public Aead {
 public:
  IpsecMbGcm(AeadAlgorithm algorithm, ByteSpan key) : algorithm_(algorithm) {
    const IMB_MGR* const manager = shared_manager();
    const bool is_128 = algorithm == AeadAlgorithm::kAes128Gcm;
    encrypt_ = is_128 ? manager->gcm128_enc : manager->gcm256_enc;
    decrypt_ = is_128 ? manager->gcm128_dec : manager->gcm256_dec;
    (is_128 ? manager->gcm128_pre : manager->gcm256_pre)(key.data(), &state_->key);
  }

  void seal(std::span<AeadPacket> batch) override {
    for (AeadPacket& packet : batch) {
      assert(packet.aad_size <= kAeadMaxAadSize);
      encrypt_(&state_->key, &state_->context, packet.data, packet.data, packet.size,
               packet.nonce.data(), packet.aad.data(), packet.aad_size, packet.icv, kAeadIcvSize);
    }
  }

  void open(std::span<AeadPacket> batch) override {
    std::uint8_t icv[kAeadIcvSize];
    for (AeadPacket& packet : batch) {
      assert(packet.aad_size <= kAeadMaxAadSize);
      decrypt_(&state_->key, &state_->context, packet.data, packet.data, packet.size,
               packet.nonce.data(), packet.aad.data(), packet.aad_size, icv, kAeadIcvSize);
      conclude(packet, icv_equal(icv, packet.icv));
    }
  }

  AeadAlgorithm algorithm() const override { return algorithm_; }
  AeadProvider provider() const override { return AeadProvider::kIpsecMb; }

 private:
  struct State {
    gcm_key_data key;
    gcm_context_data context;  // holds key stream between the library's steps
  };

  AeadAlgorithm algorithm_;
  aes_gcm_enc_dec_t encrypt_;
  aes_gcm_enc_dec_t decrypt_;
  LockedObject<State> state_;
};

class IpsecMbChaCha final : public Aead {
 public:
  explicit IpsecMbChaCha(ByteSpan key) { std::copy(key.begin(), key.end(), state_->key.begin()); }

  void seal(std::span<AeadPacket> batch) override {
    while (!batch.empty()) {
      const auto burst = batch.first(std::min(batch.size(), kBurstSize));
      for (std::size_t i = 0; i < burst.size(); ++i) icvs_[i] = burst[i].icv;
      run(burst, IMB_DIR_ENCRYPT);
      batch = batch.subspan(burst.size());
    }
  }

  void open(std::span<AeadPacket> batch) override {
    std::uint8_t computed[kBurstSize][kAeadIcvSize];
    while (!batch.empty()) {
      const auto burst = batch.first(std::min(batch.size(), kBurstSize));
      for (std::size_t i = 0; i < burst.size(); ++i) icvs_[i] = computed[i];
      run(burst, IMB_DIR_DECRYPT);
      for (std::size_t i = 0; i < burst.size(); ++i) {
        conclude(burst[i], icv_equal(computed[i], burst[i].icv));
      }
      batch = batch.subspan(burst.size());
    }
  }

  AeadAlgorithm algorithm() const override { return AeadAlgorithm::kChaCha20Poly1305; }
  AeadProvider provider() const override { return AeadProvider::kIpsecMb; }

 private:
  static constexpr std::size_t kBurstSize = 64;
  static_assert(kBurstSize <= IMB_MAX_BURST_SIZE);
  struct State {
    std::array<std::uint8_t, 32> key;
  };

  // The ICV of packet i goes to icvs_[i].
  void run(std::span<AeadPacket> burst, IMB_CIPHER_DIRECTION direction) {
    IMB_MGR* const manager = thread_manager();
    IMB_JOB* jobs[kBurstSize];
    const auto count = static_cast<std::uint32_t>(burst.size());
    if (IMB_GET_NEXT_BURST(manager, count, jobs) != count) die("intel-ipsec-mb has no free jobs.");
    for (std::size_t i = 0; i < burst.size(); ++i) {
      fill_job(*jobs[i], burst[i], icvs_[i], direction);
    }
    // What the library would check is set by fill_job(); checking costs 12 ns a packet.
    std::uint32_t done = IMB_SUBMIT_BURST_NOCHECK(manager, count, jobs);
    if (done < count) done += IMB_FLUSH_BURST(manager, count - done, jobs + done);
    const bool all_done = done == count && std::all_of(jobs, jobs + count, [](const IMB_JOB* job) {
                            return job->status == IMB_STATUS_COMPLETED;
                          });
    if (!all_done) die("intel-ipsec-mb did not do a burst of ChaCha20-Poly1305.");
  }

  void fill_job(IMB_JOB& job, AeadPacket& packet, std::uint8_t* icv,
                IMB_CIPHER_DIRECTION direction) {
    assert(packet.aad_size <= kAeadMaxAadSize);
    // Not nullptr, also for zero octets.
    std::uint8_t* const data = packet.data != nullptr ? packet.data : icv;
    job.cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    job.hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    job.cipher_direction = direction;
    job.chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job.enc_keys = state_->key.data();
    job.dec_keys = state_->key.data();
    job.key_len_in_bytes = state_->key.size();
    job.iv = packet.nonce.data();
    job.iv_len_in_bytes = kAeadNonceSize;
    job.u.CHACHA20_POLY1305.aad = packet.aad.data();
    job.u.CHACHA20_POLY1305.aad_len_in_bytes = packet.aad_size;
    job.src = data;
    job.dst = data;
    job.cipher_start_src_offset_in_bytes = 0;
    job.msg_len_to_cipher_in_bytes = packet.size;
    job.hash_start_src_offset_in_bytes = 0;
    job.msg_len_to_hash_in_bytes = packet.size;
    job.auth_tag_output = icv;
    job.auth_tag_output_len_in_bytes = kAeadIcvSize;
  }

  std::array<std::uint8_t*, kBurstSize> icvs_;
  LockedObject<State> state_;
};

}  // namespace

std::unique_ptr<Aead> make_ipsec_mb_aead(AeadAlgorithm algorithm, ByteSpan key) {
  if (!ipsec_mb_available()) return nullptr;
  if (algorithm == AeadAlgorithm::kChaCha20Poly1305) return std::make_unique<IpsecMbChaCha>(key);
  return std::make_unique<IpsecMbGcm>(algorithm, key);
}

bool ipsec_mb_available() { return shared_manager() != nullptr; }

}  // namespace hawser
