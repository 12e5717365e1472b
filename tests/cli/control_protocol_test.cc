// SPDX-License-Identifier: Apache-2.0
#include "cli/control_protocol.h"

#include <gmock/gmock.h>

namespace hawser {
namespace {

std::string error_code(std::string_view line) {
  const auto request = parse_control_request(line);
  return request ? "" : request.error().code;
}

TEST(ControlProtocol, ParsesWhatItMakes) {
  for (const char* command : {"status", "sas", "reload", "down", "monitor"}) {
    const std::string line = make_request(command);
    EXPECT_EQ(line.back(), '\n');
    const auto request = parse_control_request(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(request.has_value()) << command;
    EXPECT_EQ(request->id, 1);
  }
}

TEST(ControlProtocol, IdsAreIntegersStringsOrAbsent) {
  EXPECT_EQ(parse_control_request(R"({"v":1,"cmd":"sas"})")->id, nullptr);
  EXPECT_EQ(parse_control_request(R"({"v":1,"id":"x","cmd":"sas"})")->id, "x");
  EXPECT_EQ(parse_control_request(R"({"v":1,"id":-5,"cmd":"sas","more":[1]})")->id, -5);
  EXPECT_EQ(error_code(R"({"v":1,"id":[],"cmd":"sas"})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"id":1.5,"cmd":"sas"})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"id":")" + std::string(65, 'x') + R"(","cmd":"sas"})"),
            "malformed");
}

TEST(ControlProtocol, ARequestMayBeAboutAPeer) {
  const auto rekey = parse_control_request(R"({"v":1,"cmd":"rekey","peer":"branch","what":"ike"})");
  ASSERT_TRUE(rekey);
  EXPECT_EQ(rekey->command, ControlCommand::kRekey);
  EXPECT_EQ(rekey->peer, "branch");
  EXPECT_TRUE(rekey->ike);
  const auto all = parse_control_request(R"({"v":1,"cmd":"initiate"})");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->command, ControlCommand::kInitiate);
  EXPECT_EQ(all->peer, "");
  EXPECT_FALSE(all->ike);
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"rekey","peer":7})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"rekey","what":"all"})"), "malformed");
}

TEST(ControlProtocol, ARequestMayChangePaths) {
  const auto add = parse_control_request(
      R"({"v":1,"cmd":"path","action":"add","path":"wwan0","gateway":"10.64.0.1, fe80::1"})");
  ASSERT_TRUE(add);
  EXPECT_EQ(add->command, ControlCommand::kPath);
  ASSERT_TRUE(add->change);
  EXPECT_EQ(add->change->action, PathAction::kAdd);
  EXPECT_EQ(add->change->path, "wwan0");
  EXPECT_EQ(add->change->gateways.size(), 2u);
  const auto paths = parse_control_request(R"({"v":1,"cmd":"paths"})");
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->command, ControlCommand::kPaths);
  EXPECT_FALSE(paths->change);
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"path"})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"path","action":"add","path":7})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"path","action":"cut","path":"a"})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"path","action":"add","path":"a","gateway":[]})"),
            "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"path","action":"add","path":"a","gateway":"x"})"),
            "malformed");
}

TEST(ControlProtocol, AnswersWrongLinesWithTheRightCode) {
  EXPECT_EQ(error_code(""), "malformed");
  EXPECT_EQ(error_code("status"), "malformed");
  EXPECT_EQ(error_code("[]"), "malformed");
  EXPECT_EQ(error_code("{}"), "version");
  EXPECT_EQ(error_code(R"({"v":2,"cmd":"status"})"), "version");
  EXPECT_EQ(error_code(R"({"v":"1","cmd":"status"})"), "version");
  EXPECT_EQ(error_code(R"({"v":1})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":7})"), "malformed");
  EXPECT_EQ(error_code(R"({"v":1,"cmd":"Status"})"), "unknown-command");
  EXPECT_EQ(error_code("{\"v\":1,\"cmd\":\"\xff\xfe\"}"), "malformed");
  EXPECT_EQ(error_code(std::string(kControlRequestMax, '[')), "malformed");
  EXPECT_EQ(error_code(std::string(kControlRequestMax + 1, ' ')), "too-long");
}

TEST(ControlProtocol, EveryCutOfARequestIsAnError) {
  const std::string line = R"({"v":1,"id":7,"cmd":"status"})";
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_EQ(error_code(line.substr(0, size)), "malformed") << size;
  }
}

TEST(ControlProtocol, ErrorsEchoTheId) {
  const auto request = parse_control_request(R"({"v":1,"id":"q","cmd":"nope"})");
  ASSERT_FALSE(request.has_value());
  const Json answer = Json::parse(make_error_response(request.error()));
  EXPECT_EQ(answer["id"], "q");
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["error"]["code"], "unknown-command");
  EXPECT_FALSE(answer["error"].contains("lines"));
}

TEST(ControlProtocol, OctetsThatAreNotUtf8DoNotThrow) {
  const std::string line = make_response(1, Json{{"name", "\xff"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_TRUE(Json::parse(line)["ok"]);
}

}  // namespace
}  // namespace hawser
