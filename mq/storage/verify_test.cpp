// What verification finds, and that a sound store is called sound and left as it is.
#include "mq/storage/verify.hpp"

#include <gmock/gmock.h>

#include <map>

#include "mq/storage/read_only_view.hpp"
#include "mq/storage/store_fixture.hpp"

namespace mq::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VerifyTest : public StoreTest {
 protected:
  // Several sealed segments with everything a log can have, and a tail.
  void fill(int messages = 60) {
    ASSERT_TRUE(open()) << problem_;
    for (int i = 0; i < messages; ++i) {
      Words words;
      words.tag = "tag";
      words.keys = "key-" + std::to_string(i);
      words.store_ms = 1000 + i;
      if (i % 7 == 0) words.extra.timer_due_ms = 100'000 - i;
      if (i % 7 != 0 && i % 11 == 1) words.extra.half = true;
      append("topic-" + std::to_string(i % 3), i % 2, std::string(100, 'b'), words);
      if (i % 13 == 0) ASSERT_TRUE(store_->put_meta({{"key/" + std::to_string(i), "value"}}));
      pass();
    }
    ASSERT_TRUE(store_->remove_topic("topic-2"));
    pass();
  }
  // Writes, syncs, and lets the janitor seal what is full.
  void pass() {
    ASSERT_TRUE(store_->write_pass());
    while (const auto job = store_->take_sync_job()) {
      ASSERT_TRUE(job->run());
      store_->synced(*job);
    }
    while (const auto job = store_->take_janitor_job()) store_->done(*job, job->run());
  }
  void stop_cleanly() {
    ASSERT_TRUE(store_->close());
    store_.reset();
  }
  base::Result<VerifyReport> verify() {
    const auto directory = disk_.directory();
    cannot_.clear();
    return StoreVerification(*directory, {}).run(cannot_);
  }
  std::vector<Damage> damages() {
    const auto report = verify();
    EXPECT_TRUE(report) << cannot_;
    return report ? report->damages : std::vector<Damage>{};
  }
  std::map<std::string, base::Bytes> everything() const {
    std::map<std::string, base::Bytes> all;
    for (const auto& name : disk_.names()) all[name] = disk_.content(name);
    return all;
  }
  [[nodiscard]] std::vector<std::string> files(std::string_view suffix) const {
    std::vector<std::string> found;
    for (const auto& name : disk_.names()) {
      if (name.ends_with(suffix)) found.push_back(name);
    }
    return found;
  }
  std::string cannot_;
};

TEST_F(VerifyTest, ASoundStoreIsSoundAndNothingOfItChanges) {
  fill();
  stop_cleanly();
  const auto before = everything();
  const auto report = verify();
  ASSERT_TRUE(report) << cannot_;
  EXPECT_THAT(report->damages, IsEmpty()) << report->damages.front().what;
  EXPECT_EQ(report->messages, 60U);
  EXPECT_GT(report->segments, 2U);
  EXPECT_GT(report->indexes, 1U);
  EXPECT_EQ(report->begin, LogOffset{0});
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(open()) << problem_;
}

TEST_F(VerifyTest, SoIsOneWhoseProcessWasKilledAtAnyMoment) {
  for (int messages = 1; messages < 40; ++messages) {
    fill(messages);
    kill();
    const auto before = everything();
    const auto found = damages();
    EXPECT_THAT(found, IsEmpty()) << messages << ": " << found.front().what;
    EXPECT_EQ(everything(), before);
    for (const auto& name : disk_.names()) disk_.erase(name);
  }
}

TEST_F(VerifyTest, AFlippedBitInASealedSegmentIsNamedThoughAStartWouldNotSeeIt) {
  fill();
  stop_cleanly();
  const auto segments = files(".log");
  for (std::size_t number = 0; number + 1 < segments.size(); ++number) {
    // The first entry of each, in its header, its record and its body.
    for (const std::size_t position : {1U, 13U, 47U, 60U, 120U, 180U}) {
      disk_.flip(segments[number], position, 3);
      const auto found = damages();
      ASSERT_EQ(found.size(), 1U) << segments[number] << ' ' << position;
      EXPECT_EQ(found[0].file, segments[number]);
      EXPECT_THAT(found[0].what, HasSubstr("(file " + segments[number] + ", position 0)"));
      disk_.flip(segments[number], position, 3);
    }
  }
  EXPECT_THAT(damages(), IsEmpty());
}

TEST_F(VerifyTest, AFlippedBitInTheTailOfACleanlyStoppedStoreIsNamed) {
  fill();
  stop_cleanly();
  const auto tail = files(".log").back();
  disk_.flip(tail, 60);
  const auto found = damages();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].file, tail);
}

TEST_F(VerifyTest, AFlippedBitInAnIndexOrCheckpointIsNamed) {
  fill();
  stop_cleanly();
  for (const auto* suffix : {".idx", ".ckp"}) {
    const auto names = files(suffix);
    ASSERT_FALSE(names.empty());
    for (const auto& name : names) {
      const auto size = disk_.content(name).size();
      for (std::size_t position = 0; position + 8 < size; position += 41) {
        // Four bytes behind each checksum of the header are not used.
        if (position >= kIndexHeaderSize - 4 && position < kIndexHeaderSize) continue;
        disk_.flip(name, position, 5);
        const auto found = damages();
        ASSERT_FALSE(found.empty()) << name << ' ' << position;
        EXPECT_EQ(found.back().file, name);
        disk_.flip(name, position, 5);
      }
    }
  }
}

TEST_F(VerifyTest, AnIndexThatIsWholeButOfOtherContentIsNamed) {
  fill();
  stop_cleanly();
  const auto sealed = files(".idx");
  ASSERT_GE(sealed.size(), 2U);
  disk_.set_content(sealed[1], disk_.content(sealed[0]));
  const auto found = damages();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().file, sealed[1]);
}

TEST_F(VerifyTest, SwappedPagesAreNamed) {
  fill();
  stop_cleanly();
  const auto name = files(".log").front();
  auto bytes = disk_.content(name);
  constexpr auto kPage = static_cast<std::ptrdiff_t>(mq::testing::FaultyDisk::kPageSize);
  std::swap_ranges(bytes.begin() + kPage, bytes.begin() + 2 * kPage, bytes.begin() + 3 * kPage);
  disk_.set_content(name, bytes);
  const auto found = damages();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].file, name);
}

TEST_F(VerifyTest, ASegmentThatWasCutOrIsMissingIsNamed) {
  fill();
  stop_cleanly();
  const auto names = files(".log");
  const auto whole = disk_.content(names[0]);
  auto cut = whole;
  cut.resize(cut.size() - 512);
  disk_.set_content(names[0], cut);
  auto found = damages();
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0].what, HasSubstr(names[0]));
  disk_.set_content(names[0], whole);
  disk_.erase(names[1]);
  found = damages();
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0].what, HasSubstr("gap"));
}

TEST_F(VerifyTest, AMissingIndexIsWorthANoteAndNoDamage) {
  fill();
  stop_cleanly();
  disk_.erase(files(".idx").front());
  const auto report = verify();
  ASSERT_TRUE(report) << cannot_;
  EXPECT_THAT(report->damages, IsEmpty());
  EXPECT_EQ(report->notes.size(), 1U);
}

TEST_F(VerifyTest, AStoreInUseIsLeftAlone) {
  fill(3);
  EXPECT_FALSE(verify());
  EXPECT_THAT(cannot_, HasSubstr("another process uses the data directory"));
}

TEST_F(VerifyTest, WhatIsNoStoreOrOfAnotherVersionIsNotJudged) {
  EXPECT_FALSE(verify());
  EXPECT_THAT(cannot_, HasSubstr("there is no store in it"));
  EXPECT_THAT(disk_.names(), IsEmpty()) << "and none was made";
  fill(3);
  stop_cleanly();
  auto text = std::string(base::text_of(disk_.content("FORMAT")));
  text.replace(text.find("sluice-store "), 14, "sluice-store 9");
  disk_.set_content("FORMAT", base::Bytes(base::bytes_of(text).begin(), base::bytes_of(text).end()));
  const auto judged = verify();
  EXPECT_TRUE(!judged || !judged->damages.empty());
}

TEST_F(VerifyTest, ProgressReachesTheEnd) {
  fill();
  stop_cleanly();
  const auto directory = disk_.directory();
  std::uint64_t done = 0, all = 0;
  StoreVerification verification(*directory, [&](std::uint64_t now, std::uint64_t total) {
    EXPECT_GT(now, done);
    done = now;
    all = total;
  });
  std::string problem;
  ASSERT_TRUE(verification.run(problem)) << problem;
  EXPECT_EQ(done, all);
}

}  // namespace
}  // namespace mq::storage
