// SPDX-License-Identifier: Apache-2.0
#include "reports/render/escape.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace edgeroof::reports {
namespace {

const std::string unknown = "\xEF\xBF\xBD";

TEST(Escape, CleanTextKeepsWhatIsValid) {
    EXPECT_EQ(clean_text("Größe 3 µs 日本 🙂\tx\n"), "Größe 3 µs 日本 🙂\tx\n");
}

TEST(Escape, CleanTextReplacesWhatIsNotText) {
    EXPECT_EQ(clean_text(std::string("a\0b\x1b[31m\x7f", 9)),
              "a" + unknown + "b" + unknown + "[31m" + unknown);
    EXPECT_EQ(clean_text("\xff\xfe"), unknown + unknown);
    EXPECT_EQ(clean_text("\xC3"), unknown);
    EXPECT_EQ(clean_text("\xC0\xAF"), unknown + unknown) << "an overlong slash";
    EXPECT_EQ(clean_text("\xED\xA0\x80"), unknown) << "a surrogate";
    EXPECT_EQ(clean_text("\xF4\x90\x80\x80"), unknown + unknown + unknown + unknown);
    EXPECT_EQ(clean_text("\xEF\xBF\xBF"), unknown) << "U+FFFF";
    EXPECT_EQ(clean_text("a\xE2\x80\xAE"
                         "b"),
              "a" + unknown + "b")
        << "right-to-left override";
    EXPECT_EQ(clean_text("\xC2\x85"), unknown) << "a control of Latin-1";
}

TEST(Escape, MarkupIsText) {
    EXPECT_EQ(escape_markup("<script>alert('x')&\"</script>"),
              "&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;&lt;/script&gt;");
}

TEST(Escape, MarkdownIsText) {
    EXPECT_EQ(escape_markdown("a|b\nc`d*e[f](g)"), "a\\|b c\\`d\\*e[f\\](g)");
    EXPECT_EQ(escape_markdown("<img src=x>&"), "&lt;img src=x&gt;&amp;");
    EXPECT_EQ(escape_markdown("# no heading"), "\\# no heading");
    EXPECT_EQ(escape_markdown("see http://x and @team"), "see http&#58;//x and &#64;team");
    EXPECT_EQ(escape_markdown("Q4_K_M"), "Q4_K_M") << "underscores in a word mean nothing";
    EXPECT_EQ(escape_markdown("142 [139 – 144] a"), "142 [139 – 144] a");
    EXPECT_EQ(escape_markdown("[x]: http"), "[x\\]: http") << "a definition";
    EXPECT_EQ(escape_markdown("_x_"), "\\_x\\_");
}

TEST(Escape, CsvIsData) {
    EXPECT_EQ(escape_csv("plain"), "plain");
    EXPECT_EQ(escape_csv("a,b"), "\"a,b\"");
    EXPECT_EQ(escape_csv("say \"x\""), "\"say \"\"x\"\"\"");
    EXPECT_EQ(escape_csv("a\nb"), "\"a\nb\"");
    EXPECT_EQ(escape_csv("=cmd()"), "'=cmd()");
    EXPECT_EQ(escape_csv("@x"), "'@x");
}

TEST(Escape, ScriptJsonKeepsItsValueAndEndsNoScript) {
    const nlohmann::json value = {{"</script><!--", "a<b>&c \xE2\x80\xA8"}};
    const std::string text = escape_script_json(value.dump());
    EXPECT_EQ(text.find('<'), std::string::npos);
    EXPECT_EQ(text.find('>'), std::string::npos);
    EXPECT_EQ(text.find('&'), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(text), value);
}

TEST(Escape, ShortenCountsCharacters) {
    EXPECT_EQ(text_length("µs"), 2U);
    EXPECT_EQ(shorten("abc", 3), "abc");
    EXPECT_EQ(shorten("äbcd", 3), "äb…");
}

}  // namespace
}  // namespace edgeroof::reports
