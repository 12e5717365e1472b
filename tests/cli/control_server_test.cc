// SPDX-License-Identifier: Apache-2.0
#include "cli/control_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "cli/control_client.h"
#include "tests/cli/test_support.h"
#include "tunnel/io/epoll_event_loop.h"

namespace hawser {
namespace {

using namespace std::chrono_literals;

class ControlServerTest : public ::testing::Test, public ControlServer::Listener {
 protected:
  ControlServerTest() : loop_(std::move(*EpollEventLoop::open())) {
    path_ = dir_.file("run/hw0.sock");
    server_ = std::move(*ControlServer::open(*loop_, path_, *this));
  }

  void handle_request(ControlServer::ClientId client, const ControlRequest& request) override {
    ++requests_;
    last_client_ = client;
    last_id_ = request.id;
    if (request.command == ControlCommand::kMonitor) server_->add_monitor(client);
    if (!hold_) server_->respond(client, make_response(request.id, answer_));
  }

  // A raw client, non-blocking.
  UniqueFd connect_raw() {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    turn();
    return fd;
  }
  // Lets the server do what there is to do.
  void turn() {
    for (int i = 0; i < 20; ++i) loop_->run_once(Duration(0));
  }
  void write_raw(const UniqueFd& fd, std::string_view text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    turn();
  }
  std::string read_raw(const UniqueFd& fd) {
    std::string all;
    char chunk[65536];
    for (;;) {
      const ssize_t got = recv(fd.get(), chunk, sizeof chunk, 0);
      if (got <= 0) return all;
      all.append(chunk, static_cast<std::size_t>(got));
      turn();
    }
  }
  static bool is_closed(const UniqueFd& fd) {
    char octet = 0;
    return recv(fd.get(), &octet, 1, MSG_PEEK) == 0;
  }

  TempDir dir_;
  std::unique_ptr<EventLoop> loop_;
  std::string path_;
  std::unique_ptr<ControlServer> server_;
  Json answer_ = Json::object();
  bool hold_ = false;
  int requests_ = 0;
  ControlServer::ClientId last_client_ = 0;
  Json last_id_;
};

TEST_F(ControlServerTest, AnswersRequestsInOrder) {
  const UniqueFd client = connect_raw();
  write_raw(client, R"({"v":1,"id":1,"cmd":"status"})"
                    "\n"
                    R"({"v":1,"id":2,"cmd":"sas"})"
                    "\n");
  EXPECT_EQ(requests_, 2);
  EXPECT_EQ(read_raw(client), make_response(1, answer_) + make_response(2, answer_));
}

TEST_F(ControlServerTest, TakesARequestInPieces) {
  const UniqueFd client = connect_raw();
  const std::string request = make_request("status");
  for (const char c : request) write_raw(client, std::string_view(&c, 1));
  EXPECT_EQ(requests_, 1);
  EXPECT_EQ(read_raw(client), make_response(1, answer_));
}

TEST_F(ControlServerTest, AWrongLineIsAnsweredAndTheNextOneServed) {
  const UniqueFd client = connect_raw();
  write_raw(client, "\x01\xff{]\n" + make_request("status"));
  const auto lines = lines_of(read_raw(client));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(Json::parse(lines[0])["error"]["code"], "malformed");
  EXPECT_EQ(Json::parse(lines[1])["ok"], true);
}

TEST_F(ControlServerTest, ALineWithoutEndIsRefusedAndTheClientClosed) {
  const UniqueFd client = connect_raw();
  write_raw(client, std::string(3 * kControlRequestMax, 'x'));
  EXPECT_THAT(read_raw(client), testing::HasSubstr("too-long"));
  turn();
  EXPECT_TRUE(is_closed(client));
  EXPECT_EQ(requests_, 0);
}

TEST_F(ControlServerTest, AClientThatDoesNotReadHoldsUpOnlyItself) {
  answer_ = Json{{"padding", std::string(300'000, 'x')}};
  const UniqueFd slow = connect_raw();
  for (int i = 0; i < 50; ++i) write_raw(slow, make_request("status"));
  EXPECT_LT(requests_, 5) << "it is not served further while its answers are unread";
  answer_ = Json::object();
  const UniqueFd other = connect_raw();
  write_raw(other, make_request("status"));
  EXPECT_EQ(read_raw(other), make_response(1, answer_));
  read_raw(slow);
  EXPECT_EQ(requests_, 51);
}

TEST_F(ControlServerTest, ALateAnswerReachesWhoAskedAndNobodyElse) {
  hold_ = true;
  const UniqueFd first = connect_raw();
  write_raw(first, make_request("reload"));
  const auto asked = last_client_;
  hold_ = false;
  const UniqueFd second = connect_raw();
  write_raw(second, make_request("status"));
  EXPECT_EQ(read_raw(second), make_response(1, answer_));
  EXPECT_EQ(read_raw(first), "");
  server_->respond(asked, make_response(7, Json::object()));
  EXPECT_EQ(read_raw(first), make_response(7, Json::object()));
  server_->respond(12345, "nobody\n");
}

TEST_F(ControlServerTest, AHalfClosedClientStillGetsItsAnswer) {
  const UniqueFd client = connect_raw();
  hold_ = true;
  write_raw(client, make_request("reload"));
  ASSERT_EQ(shutdown(client.get(), SHUT_WR), 0);
  turn();
  server_->respond(last_client_, make_response(1, answer_));
  EXPECT_EQ(read_raw(client), make_response(1, answer_));
  turn();
  EXPECT_TRUE(is_closed(client));
}

TEST_F(ControlServerTest, MonitorsGetEventsAndASlowOneIsClosed) {
  const UniqueFd monitor = connect_raw();
  write_raw(monitor, make_request("monitor"));
  EXPECT_EQ(read_raw(monitor), make_response(1, answer_));
  const UniqueFd other = connect_raw();
  server_->broadcast(make_event("peer-added", Json{{"peer", "a"}}));
  EXPECT_EQ(read_raw(monitor), "{\"v\":1,\"event\":\"peer-added\",\"peer\":\"a\"}\n");
  EXPECT_EQ(read_raw(other), "");
  const std::string line = make_event("x", Json{{"padding", std::string(1000, 'x')}});
  for (int i = 0; i < 2000; ++i) server_->broadcast(line);
  turn();
  const std::string rest = read_raw(monitor);
  EXPECT_LT(rest.size(), 2000 * line.size());
  EXPECT_TRUE(is_closed(monitor));
}

TEST_F(ControlServerTest, TooManyClientsCostTheMostSilentItsPlace) {
  const UniqueFd monitor = connect_raw();
  write_raw(monitor, make_request("monitor"));
  read_raw(monitor);
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < ControlServer::kClientsMax + 3; ++i) {
    clients.push_back(connect_raw());
  }
  EXPECT_TRUE(is_closed(clients[0]));
  EXPECT_FALSE(is_closed(clients.back()));
  EXPECT_FALSE(is_closed(monitor));
  write_raw(clients.back(), make_request("status"));
  EXPECT_EQ(read_raw(clients.back()), make_response(1, answer_));
}

TEST_F(ControlServerTest, TheSocketIsForOwnerAndGroup) {
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660u);
}

TEST_F(ControlServerTest, ASecondServerIsRefusedAndADeadOnesSocketReplaced) {
  const auto second = ControlServer::open(*loop_, path_, *this);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error(), testing::HasSubstr("already answers"));
  const UniqueFd client = connect_raw();
  write_raw(client, make_request("status"));
  EXPECT_EQ(read_raw(client), make_response(1, answer_)) << "the first one still serves";

  // What a killed daemon leaves: a bound socket that nobody listens on.
  const std::string stale = dir_.file("run/stale.sock");
  {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, stale.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(ControlServer::open(*loop_, stale, *this).has_value());
}

TEST_F(ControlServerTest, NothingIsLeftBehind) {
  const UniqueFd client = connect_raw();
  server_.reset();
  EXPECT_TRUE(is_closed(client));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("run"))) << "it made the directory";
}

TEST_F(ControlServerTest, ALongPathIsASentence) {
  const auto server = ControlServer::open(*loop_, dir_.file(std::string(120, 'x')), *this);
  ASSERT_FALSE(server.has_value());
  EXPECT_THAT(server.error(), testing::HasSubstr("too long"));
}

TEST(ControlClient, NobodyThereIsToldApart) {
  const TempDir dir;
  const auto client = ControlClient::connect(dir.file("hw0.sock"));
  ASSERT_FALSE(client.has_value());
  EXPECT_TRUE(client.error().absent);
}

TEST(ControlClient, ReadsResponsesOverASocketPair) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  const UniqueFd daemon(fds[1]);
  ControlClient client{UniqueFd(fds[0])};
  const std::string lines = make_response(1, Json{{"a", 1}}) +
                            make_error_response({1, "config", "wrong", {"x:1: k: w"}}) +
                            "not JSON\n";
  ASSERT_GT(send(daemon.get(), lines.data(), lines.size(), 0), 0);
  EXPECT_EQ((*client.call("status"))["a"], 1);
  const auto error = client.call("reload");
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().code, "config");
  EXPECT_EQ(error.error().lines, std::vector<std::string>{"x:1: k: w"});
  EXPECT_FALSE(client.call("status").has_value());
  EXPECT_FALSE(client.call("status", 10ms).has_value()) << "no answer";
}

}  // namespace
}  // namespace hawser
