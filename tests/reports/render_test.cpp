// SPDX-License-Identifier: Apache-2.0
//
// What every report must be, whatever the record says: well formed, self-contained, honest about
// what is missing, and deaf to text that tries to be markup.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "reports/record/record_file.hpp"
#include "reports/render/csv.hpp"
#include "reports/render/html.hpp"
#include "reports/render/markdown.hpp"
#include "reports/render/roofline_chart.hpp"
#include "reports/render/series_chart.hpp"
#include "reports/render/table.hpp"
#include "tests/reports/full_record.hpp"
#include "tests/reports/sample_record.hpp"
#include "tests/reports/temporary_folder.hpp"

namespace edgeroof::reports {
namespace {

using testing::full_record;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::sample_record;

const std::string attack =
    "</script></title></style>\"'><script>boom()</script><img src=x onerror=boom()> & | ` \n# x";

std::vector<Analysis> analyses_of(const Record& record) {
    std::vector<Analysis> list;
    list.emplace_back(record);
    return list;
}

/// The sample's measurements and the full record's board, every name of them an attack.
Record hostile_record() {
    Record record = sample_record();
    const Record texts = full_record(attack);
    record.board = texts.board;
    record.tool = texts.tool;
    record.run.id = record.run.started = attack;
    record.run.command = {attack, attack};
    record.profile = {attack, attack, attack};
    record.notes = {attack};
    record.absent = {{attack, attack, attack}};
    record.models[0] = texts.models[0];
    record.models[0].id = attack;
    record.devices[0].id = record.devices[0].name = record.devices[0].driver = attack;
    for (Sensor& s : record.sensors) s.name = s.source = s.unit = attack;
    for (Measurement& m : record.measurements) {
        m.id += attack;
        m.device = attack;
        if (m.model) m.model = attack;
        if (m.step) *m.step += attack;
        if (m.op) m.op->name += attack, m.op->kind += attack;
        if (m.roof) m.roof->name += attack;
        m.isa = attack;
        m.settings["cache"] = attack;
        for (std::string& id : m.roofs) id += attack;
        m.validity = {State::suspect, {attack}};
    }
    return record;
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
    std::vector<std::string> found;
    const std::regex regex(pattern);
    for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
        found.push_back(it->size() > 1 ? (*it)[1].str() : it->str());
    return found;
}

std::string without_embedded_data(const std::string& html) {
    std::string rest;
    std::size_t at = 0;
    while (true) {
        const auto begin = html.find("<script type=\"application/json\"", at);
        rest += html.substr(at, begin - at);
        if (begin == std::string::npos) return rest;
        at = html.find("</script>", begin) + 9;
    }
}

class Reports : public ::testing::TestWithParam<const char*> {
  protected:
    Record record() const {
        const std::string which = GetParam();
        if (which == "hostile") return hostile_record();
        if (which == "full") return full_record("text");
        if (which == "empty") return {};
        return sample_record();
    }
    std::vector<Analysis> analyses() {
        record_ = record();
        return analyses_of(record_);
    }
    Record record_;
};

INSTANTIATE_TEST_SUITE_P(Records, Reports, ::testing::Values("sample", "hostile", "full", "empty"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Reports, SvgIsWellFormedWithUniqueIds) {
    if (std::system("xmllint --version 2>/dev/null") != 0)
        GTEST_SKIP() << "xmllint is not installed";
    const testing::TemporaryFolder folder;
    const std::string html = render_html(analyses());
    std::size_t at = 0;
    int number = 0;
    while ((at = html.find("<svg", at)) != std::string::npos) {
        const auto end = html.find("</svg>", at) + 6;
        const auto path = folder / (std::to_string(number++) + ".svg");
        testing::spill(path, html.substr(at, end - at));
        EXPECT_EQ(std::system(("xmllint --noout '" + path.string() + "'").c_str()), 0)
            << html.substr(at, 200);
        at = end;
    }
    EXPECT_GE(number, std::string(GetParam()) == "sample" ? 5 : 0);
}

TEST_P(Reports, IdsAreUniqueAndLinksLeadSomewhere) {
    const std::string html = without_embedded_data(render_html(analyses()));
    const auto ids = matches(html, " id=\"([^\"]*)\"");
    const std::set<std::string> unique(ids.begin(), ids.end());
    EXPECT_EQ(unique.size(), ids.size());
    for (const std::string& target : matches(html, " href=\"#([^\"]*)\""))
        EXPECT_TRUE(unique.contains(target)) << target;
    for (const std::string& list : matches(html, " aria-labelledby=\"([^\"]*)\""))
        for (const std::string& id : matches(list, "[^ ]+")) EXPECT_TRUE(unique.contains(id)) << id;
}

TEST_P(Reports, NothingFromOutsideBecomesMarkup) {
    const std::string html = render_html(analyses());
    // Tags are ours: of all scripts, those with data and the one at the end.
    EXPECT_EQ(matches(html, "<script>").size(), 1U);
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    const std::string visible = without_embedded_data(html);
    EXPECT_THAT(visible, Not(HasSubstr("boom()</script>")));
    EXPECT_EQ(matches(visible, "</title>").size(),
              1U + matches(visible, "<svg").size() + matches(visible, "class=\"point\"").size());
    const std::string markdown = render_markdown(analyses());
    const auto fence = markdown.rfind("\n```");
    const std::string before_profile = markdown.substr(0, markdown.rfind("\n```", fence - 1));
    EXPECT_THAT(before_profile, Not(HasSubstr("<script")));
    EXPECT_THAT(before_profile, Not(HasSubstr("<img")));
}

TEST_P(Reports, ThePageNeedsNothingFromOutside) {
    const std::string html = without_embedded_data(render_html(analyses()));
    EXPECT_TRUE(matches(html, " (?:src|data|action|poster|srcset)=\"").empty());
    for (const std::string& link : matches(html, " href=\"([^\"]*)\"")) EXPECT_EQ(link[0], '#');
    EXPECT_TRUE(matches(html, "@import|url\\(").empty());
    EXPECT_TRUE(matches(html, " style=\"| on[a-z]+=\"").empty()) << "the policy forbids them";
    const auto policy = matches(html, "Content-Security-Policy\" content=\"([^\"]*)\"");
    ASSERT_EQ(policy.size(), 1U);
    EXPECT_THAT(policy[0], HasSubstr("default-src &#39;none&#39;"));
    EXPECT_THAT(policy[0], Not(HasSubstr("unsafe")));
}

TEST_P(Reports, TheRecordComesWithThePage) {
    const std::vector<Analysis> list = analyses();
    const std::string html = render_html(list);
    const std::string opening = "<script type=\"application/json\" data-download=\"record.json\">";
    const auto begin = html.find(opening);
    ASSERT_NE(begin, std::string::npos);
    const auto end = html.find("</script>", begin);
    const std::string embedded = html.substr(begin + opening.size(), end - begin - opening.size());
    EXPECT_EQ(nlohmann::json::parse(embedded), nlohmann::json::parse(to_json(*list[0].record)));
}

/// The rows of RFC 4180 text.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
            row.back() += text[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == ',')
            row.emplace_back();
        else if (!quoted && c == '\n')
            rows.push_back(std::exchange(row, {""}));
        else if (quoted || c != '\r')
            row.back() += c;
    }
    return rows;
}

TEST_P(Reports, CsvHasARowPerMeasurementAndOneShape) {
    const auto rows = parse_csv(render_csv(analyses()));
    ASSERT_EQ(rows.size(), record_.measurements.size() + 1);
    for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
    for (std::size_t i = 0; i < record_.measurements.size(); ++i)
        EXPECT_THAT(rows[i + 1][1], HasSubstr(record_.measurements[i].id.substr(0, 20)));
}

TEST_P(Reports, MarkdownTablesHaveOneShape) {
    std::size_t columns = 0;
    const std::string markdown = render_markdown(analyses());
    for (const std::string& line : matches(markdown, "[^\n]*\n")) {
        if (line[0] != '|') {
            columns = 0;
            continue;
        }
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
        if (columns == 0) columns = bars;
        EXPECT_EQ(bars, columns) << line;
    }
}

TEST(Report, SaysWhatABuyerAsks) {
    const Record record = sample_record();
    for (const std::string& text :
         {render_html(analyses_of(record)), render_markdown(analyses_of(record))}) {
        EXPECT_THAT(text, HasSubstr("generates"));
        EXPECT_THAT(text, HasSubstr("tok/s ["));
        EXPECT_THAT(text, HasSubstr("roof (40.0 GB/s, measured beside it)"));
        EXPECT_THAT(text, HasSubstr("It is bound by memory"));
        EXPECT_THAT(text, HasSubstr("of decode is Q4_0 matmul at 90 % of DRAM read"));
        EXPECT_THAT(text, HasSubstr("too few tokens")) << "256 tokens have no P99";
    }
}

TEST(Report, ListsWhatIsMissingWithItsReason) {
    const Record record = sample_record();
    for (const std::string& text :
         {render_html(analyses_of(record)), render_markdown(analyses_of(record))})
        for (const Absence& a : record.absent) EXPECT_THAT(text, HasSubstr(a.why));
}

TEST(Report, InterruptedAndSuspectAreSaid) {
    Record record = sample_record({.matmul_share = 1.3});
    record.run.finished.reset();
    const std::string html = render_html(analyses_of(record));
    EXPECT_THAT(html, HasSubstr("The run was interrupted"));
    EXPECT_THAT(html, HasSubstr("without reading the"));
    EXPECT_THAT(html, HasSubstr("It is above its roof"));
    EXPECT_THAT(html, HasSubstr("class=\"suspect\""));
    EXPECT_THAT(render_html(analyses_of(sample_record())), Not(HasSubstr("class=\"notice\"")));
}

TEST(Report, SeveralRecordsAreComparedFirst) {
    const Record one = sample_record();
    Record two = sample_record({.read_rate = 20e9});
    two.run.id = "another";
    two.board.name = "Another Board";
    std::vector<Analysis> list;
    list.emplace_back(one);
    list.emplace_back(two);
    const std::string html = without_embedded_data(render_html(list));
    EXPECT_THAT(html, HasSubstr("id=\"overview\""));
    const auto ids = matches(html, " id=\"([^\"]*)\"");
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_THAT(render_markdown(list), HasSubstr("Another Board"));
    EXPECT_EQ(parse_csv(render_csv(list)).size(),
              one.measurements.size() + two.measurements.size() + 1);
}

TEST(RooflineChart, HasEveryPointWithArithmeticAndEveryRoof) {
    const Record record = sample_record();
    const Analysis analysis(record);
    const Chart chart = roofline_chart(analysis, "cpu", "x");
    std::size_t with_arithmetic = 0;
    for (const Point& p : analysis.points) with_arithmetic += p.measurement->work.flops > 0 ? 1 : 0;
    EXPECT_EQ(matches(chart.svg, "class=\"point\"").size(), with_arithmetic);
    EXPECT_EQ(matches(chart.svg, "class=\"roof (?:memory|compute)\"").size(),
              analysis.roofs.size());
    EXPECT_EQ(matches(chart.svg, "class=\"band\"").size(), analysis.roofs.size());
    EXPECT_TRUE(roofline_chart(analysis, "vulkan:0", "x").svg.empty());
}

TEST(RooflineChart, StaysInItsFrame) {
    const Record record = sample_record({.jump = 0.3});
    const std::string svg = roofline_chart(Analysis(record), "cpu", "x").svg;
    for (const std::string& x : matches(svg, " (?:cx|x1|x2)=\"([^\"]*)\"")) {
        EXPECT_GE(std::stod(x), 0.0);
        EXPECT_LE(std::stod(x), 960.0);
    }
    for (const std::string& y : matches(svg, " (?:cy|y1|y2)=\"([^\"]*)\"")) {
        EXPECT_GE(std::stod(y), 0.0);
        EXPECT_LE(std::stod(y), 620.0);
    }
}

TEST(TimeTable, ShowsTheGapBetweenOperatorsAloneAndTheStep) {
    Measurement decode;
    decode.kind = Kind::decode;
    StepSummary step;
    step.measurement = &decode;
    step.groups_in_step = true;
    step.operators = Estimate{0.98, Interval{0.97, 0.99}, 9};
    step.alone = Estimate{0.84, Interval{0.79, 0.88}, 9};
    const Table table = time_table(step);
    const auto gap = std::ranges::find_if(table.rows, [](const std::vector<Cell>& row) {
        return row[0].text == "the gap between these and the step";
    });
    ASSERT_NE(gap, table.rows.end());
    EXPECT_EQ((*gap)[3].text, "16 %");
    EXPECT_EQ((*gap)[3].detail, "12 – 21");
}

TEST(StandaloneSvg, CarriesItsStyle) {
    const Record record = sample_record();
    const std::string svg = standalone_svg(roofline_chart(Analysis(record), "cpu", "x"));
    EXPECT_THAT(svg, ::testing::StartsWith("<?xml version=\"1.0\""));
    EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
}

TEST(LatencyChart, OfManyTokensKeepsTheSpikes) {
    Record record = sample_record();
    Measurement& m = record.measurements.back();
    ASSERT_EQ(m.kind, Kind::latency);
    m.samples.clear();
    for (int i = 0; i < 100'000; ++i) m.samples.push_back({i * 10'000'000LL, 5'000'000});
    m.samples[54'321].ns = 50'000'000;
    const Analysis analysis(record);
    const std::string svg = latency_chart(analysis.latencies[0], "x").svg;
    const auto dots = matches(svg, "class=\"dot c1\" cx=\"[^\"]*\" cy=\"([^\"]*)\"");
    EXPECT_LT(dots.size(), 1000U);
    // One dot is high above the others.
    double top = 1e9;
    double bottom = 0.0;
    for (const std::string& y : dots) {
        top = std::min(top, std::stod(y));
        bottom = std::max(bottom, std::stod(y));
    }
    EXPECT_GT(bottom - top, 150.0);
}

}  // namespace
}  // namespace edgeroof::reports
