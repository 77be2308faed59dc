// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizer/pre_splitters.hpp"

#include <algorithm>
#include <array>

// Pieces of the expressions below.
#define CONTRACTION "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
#define OTHERS " ?[^\\s\\p{L}\\p{N}]+"
#define LINES "\\s*[\\r\\n]+"
#define SPACES "\\s+(?!\\S)|\\s+"
#define GPT2 "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|" OTHERS "|" SPACES
#define WORD "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
// A letter that is not an ASCII lower-case or upper-case one.
#define NOT_LOWER "[^\\P{L}a-z]"
#define NOT_UPPER "[^\\P{L}A-Z]"
#define CASED_WORD(suffix)                                      \
    "[^\\r\\n\\p{L}\\p{N}]?" NOT_LOWER "*" NOT_UPPER "+" suffix \
    "|[^\\r\\n\\p{L}\\p{N}]?" NOT_LOWER "+" NOT_UPPER "*" suffix
// The same with combining marks among the letters.
#define MARKED_NOT_LOWER "[^\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}a-z]"
#define MARKED_NOT_UPPER "[^\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}A-Z]"
#define MARKED_CASED_WORD                                                          \
    "[^\\r\\n\\p{L}\\p{N}]?" MARKED_NOT_LOWER "*" MARKED_NOT_UPPER "+" CONTRACTION \
    "?|[^\\r\\n\\p{L}\\p{N}]?" MARKED_NOT_LOWER "+" MARKED_NOT_UPPER "*" CONTRACTION "?"
#define MARKED_WORD "[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+"
#define CODE_WORD                                           \
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+" \
    "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
#define HAN                                                                            \
    "\\x{4E00}-\\x{9FFF}\\x{3400}-\\x{4DBF}\\x{20000}-\\x{2A6DF}\\x{2A700}-\\x{2EBEF}" \
    "\\x{F900}-\\x{FAFF}\\x{2F800}-\\x{2FA1F}"
#define CJK_KANA "[\\x{4E00}-\\x{9FA5}\\x{3040}-\\x{30FF}]+"
// U+0800..U+4E00 without the white space in it, and U+4E00..U+9FA5, U+AC00..U+D7FF.
#define DEEPSEEK_CJK                                                               \
    "[\\x{800}-\\x{167F}\\x{1681}-\\x{1FFF}\\x{200B}-\\x{2027}\\x{202A}-\\x{202E}" \
    "\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}\\x{3001}-\\x{9FA5}\\x{AC00}-\\x{D7FF}]+"

namespace edgeroof::runtime {
namespace {

using Kind = SplitStep::Kind;
using Trait = PreSplitter::Trait;

constexpr SplitStep gpt2[] = {{Kind::matches, GPT2}};
constexpr SplitStep digits_gpt2[] = {{Kind::matches, "\\p{N}"}, {Kind::matches, GPT2}};
constexpr SplitStep standard[] = {{Kind::matches, "[\\p{P}$+<=>^~|]+"},
                                  {Kind::matches, GPT2},
                                  {Kind::matches, "\\p{N}+"},
                                  {Kind::matches, "[0-9][0-9][0-9]"}};
constexpr SplitStep falcon[] = {{Kind::matches, "[\\p{P}$+<=>^~|`]+"},
                                {Kind::matches, GPT2},
                                {Kind::matches, "[0-9][0-9][0-9]"}};
constexpr SplitStep llama3[] = {
    {Kind::matches, CONTRACTION "|" WORD "|\\p{N}{1,3}|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep minicpm5[] = {
    {Kind::matches, "\\p{N}{1,3}"},
    {Kind::matches, CONTRACTION "|" WORD "|\\p{N}+|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep jais2[] = {
    {Kind::matches,
     CONTRACTION "|" WORD "|\\p{N}{1,3}|" OTHERS "[\\r\\n]*|" LINES
                 "|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)"
                 "|\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s"}};
constexpr SplitStep k2_horizon[] = {
    {Kind::matches,
     // Caseless 's takes the long s (U+017F) too.
     CONTRACTION
     "|'\\x{17F}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}\\x{200C}\\x{200D}]+|\\p{N}{1,3}|" OTHERS
     "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep qwen2[] = {
    {Kind::matches, CONTRACTION "|" WORD "|\\p{N}|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep qwen35[] = {{Kind::matches, CONTRACTION
                                 "|" MARKED_WORD
                                 "|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep laguna[] = {
    {Kind::matches, "[^\\n]+|\\n+"},
    {Kind::matches, CONTRACTION "|" WORD "|\\p{N}|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep ufakzeka[] = {
    {Kind::matches, WORD "|\\p{N}|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep seed_coder[] = {
    {Kind::matches, CONTRACTION "|" WORD "|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" LINES "|" SPACES}};
constexpr SplitStep bailing[] = {{Kind::matches,
                                  "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|" WORD
                                  "|\\p{N}|" OTHERS "[\\r\\n]*|\\s*[\\r\\n]|" SPACES}};
constexpr SplitStep exaone_moe[] = {
    {Kind::matches,
     CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}\\p{M}*+(?: ?\\p{L}\\p{M}*+)*+|\\p{N}|" OTHERS
                 "[\\r\\n/]?|\\s*[\\r\\n]|" SPACES}};
constexpr SplitStep gpt4o[] = {{Kind::matches,
                                CASED_WORD(CONTRACTION "?") "|\\p{N}{1,3}|" OTHERS
                                                            "[\\r\\n/]*|" LINES "|" SPACES}};
constexpr SplitStep granite_embed[] = {
    {Kind::matches, MARKED_CASED_WORD "|\\p{N}{1,3}|" OTHERS "[\\r\\n/]*|" LINES "|" SPACES}};
constexpr SplitStep tekken[] = {
    {Kind::matches, CASED_WORD("") "|\\p{N}|" OTHERS "[\\r\\n/]*|" LINES "|" SPACES}};
constexpr SplitStep tiny_aya[] = {{Kind::threes_cut_right, "\\p{N}+"},
                                  {Kind::matches, MARKED_WORD CONTRACTION
                                   "?|\\p{N}{1,3}|" OTHERS "[\\r\\n/]*|" LINES "|" SPACES}};
constexpr SplitStep youtu[] = {
    {Kind::matches,
     "[\\x{AC00}-\\x{D7A3}\\x{3131}-\\x{318E}]+"
     "|[\\x{FF01}\\x{2026}\\x{201C}\\x{201D}\\x{2018}\\x{2019}\\x{2014}\\x{FF1A}\\x{FF1B}\\x{FF0C}"
     "\\x{3001}-\\x{303F}\\x{FE30}-\\x{FE4F}]+|[\\x{3105}-\\x{312F}]+|" CJK_KANA},
    {Kind::matches, MARKED_WORD CONTRACTION "?|\\p{N}|" OTHERS "[\\r\\n/]*|" LINES "|" SPACES}};
constexpr SplitStep deepseek_llm[] = {
    {Kind::matches, "[\\r\\n]"},
    // The letters that have case, as of Unicode 12.
    {Kind::matches,
     "\\s?[A-Za-z\\x{B5}\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{1BA}\\x{1BC}-\\x{1BF}"
     "\\x{1C4}-\\x{293}\\x{295}-\\x{2AF}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37B}-\\x{37D}\\x{37F}"
     "\\x{386}\\x{388}-\\x{38A}\\x{38C}\\x{38E}-\\x{3A1}\\x{3A3}-\\x{3F5}\\x{3F7}-\\x{481}"
     "\\x{48A}-\\x{52F}\\x{531}-\\x{556}\\x{10A0}-\\x{10C5}\\x{13A0}-\\x{13F5}\\x{13F8}-\\x{13FD}"
     "\\x{1C90}-\\x{1CBA}\\x{1CBD}-\\x{1CBF}\\x{1D00}-\\x{1D2B}\\x{1D6B}-\\x{1D77}"
     "\\x{1D79}-\\x{1D9A}\\x{1E00}-\\x{1F15}\\x{1F18}-\\x{1F1D}\\x{1F20}-\\x{1F45}"
     "\\x{1F48}-\\x{1F4D}\\x{1F50}-\\x{1F57}\\x{1F59}\\x{1F5B}\\x{1F5D}\\x{1F5F}-\\x{1F7D}"
     "\\x{1F80}-\\x{1FB4}\\x{1FB6}-\\x{1FBC}\\x{1FBE}\\x{1FC2}-\\x{1FC4}\\x{1FC6}-\\x{1FCC}"
     "\\x{1FD0}-\\x{1FD3}\\x{1FD6}-\\x{1FDB}\\x{1FE0}-\\x{1FEC}\\x{1FF2}-\\x{1FF4}"
     "\\x{1FF6}-\\x{1FFC}\\x{2102}\\x{2107}\\x{210A}-\\x{2113}\\x{2115}\\x{2119}-\\x{211D}\\x{2124}"
     "\\x{2126}\\x{2128}\\x{212A}-\\x{212D}\\x{212F}-\\x{2134}\\x{2139}\\x{213C}-\\x{213F}"
     "\\x{2145}-\\x{2149}\\x{214E}\\x{2183}\\x{2184}\\x{2C00}-\\x{2C7B}\\x{2C7E}-\\x{2CE4}"
     "\\x{2CEB}-\\x{2CEE}\\x{2CF2}\\x{2CF3}\\x{A640}-\\x{A66D}\\x{A680}-\\x{A69B}\\x{A722}-\\x{"
     "A76F}"
     "\\x{A771}-\\x{A787}\\x{A78B}-\\x{A78E}\\x{AB70}-\\x{ABBF}\\x{FB00}-\\x{FB06}"
     "\\x{FB13}-\\x{FB17}\\x{FF21}-\\x{FF3A}\\x{FF41}-\\x{FF5A}\\x{10400}-\\x{1044F}"
     "\\x{104B0}-\\x{104D3}\\x{104D8}-\\x{104FB}\\x{10C80}-\\x{10CB2}\\x{10CC0}-\\x{10CF2}"
     "\\x{118A0}-\\x{118DF}\\x{1E900}-\\x{1E943}]+"},
    {Kind::matches,
     "\\s?[!-/:-~\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF5E}\\x{2018}-\\x{201F}\\x{3001}\\x{3002}]+"},
    {Kind::matches, "\\s+\\z"},
    {Kind::matches, DEEPSEEK_CJK},
    {Kind::matches, "\\p{N}+"}};
constexpr SplitStep deepseek_coder[] = {{Kind::matches, "[\\r\\n]"},
                                        {Kind::matches, "\\s?\\p{L}+"},
                                        {Kind::matches, "\\s?\\p{P}+"},
                                        {Kind::matches, DEEPSEEK_CJK},
                                        {Kind::matches, "\\p{N}"}};
constexpr SplitStep deepseek_v3[] = {
    {Kind::matches, "\\p{N}{1,3}"},
    {Kind::matches, CJK_KANA},
    {Kind::matches, CODE_WORD "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep spark[] = {{Kind::matches, "\\p{N}{1,3}"},
                               {Kind::matches, CJK_KANA},
                               {Kind::matches, CODE_WORD "| ?[\\p{P}\\p{S}]+|[\\r\\n]|" SPACES},
                               {Kind::matches, "\\p{N}"}};
constexpr SplitStep afmoe[] = {
    {Kind::threes_cut_right, "\\p{N}+"},
    {Kind::matches,
     // From U+4E00 on as published: its U+8C48 is a normalised U+F900, so all up to U+FAFF is in.
     "[\\x{4E00}-\\x{FAFF}\\x{3400}-\\x{4DBF}\\x{3040}-\\x{30FF}\\x{FF65}-\\x{FF9F}"
     "\\x{2F00}-\\x{2FDF}\\x{E40}-\\x{EFF}\\x{1780}-\\x{17FF}\\x{1000}-\\x{109F}"
     "\\x{1100}-\\x{11FF}]+"},
    {Kind::matches, CODE_WORD "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" LINES "|" SPACES}};
constexpr SplitStep kimi_k2[] = {
    {Kind::matches, "[" HAN "]+|[^\\r\\n\\p{L}\\p{N}" HAN "]?[^\\P{L}" HAN "]+" CONTRACTION
                    "?|\\p{N}{1,3}|" OTHERS "[\\r\\n]*|" LINES "|" SPACES}};
// , ! ? . and the full stops and commas of CJK, Hindi, Urdu and Arabic.
#define BLOOM " ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{FF0C}\\x{3001}\\x{964}\\x{6D4}\\x{60C})]+"
constexpr SplitStep bloom[] = {{Kind::matches, BLOOM}};
constexpr SplitStep viking[] = {{Kind::matches, BLOOM}, {Kind::matches, "\\p{N}"}};
constexpr SplitStep superbpe[] = {{Kind::matches, "\\p{N}+"}, {Kind::threes_cut_left, "[0-9]+"}};
constexpr SplitStep chameleon[] = {
    {Kind::matches, "<sentinel:[0-9]+>"},      {Kind::matches, "IMGIMG[A-I]{1,4}Z"},
    {Kind::matches, "[\\t\\n]|    |  "},       {Kind::matches, "\\p{N}"},
    {Kind::matches, "[\\p{P}!-/:-@\\[-`{-~]"}, {Kind::matches, GPT2}};
constexpr SplitStep lines[] = {{Kind::matches, "[^\\n]+|\\n+"}};

constexpr std::uint8_t llama3_traits = Trait::whole_words | Trait::adds_bos;

constexpr std::uint8_t gemma4_traits =
    Trait::plain_text | Trait::always_bos | Trait::whole_newlines;

constexpr PreSplitter table[] = {
    {"a.x-4.0", gpt2},
    {"afmoe", afmoe},
    {"bailingmoe", bailing},
    {"bailingmoe2", bailing},
    {"bloom", bloom},
    {"chameleon", chameleon, Trait::adds_bos},
    {"chatglm-bpe", llama3, Trait::no_bos},
    {"codeshell", digits_gpt2},
    {"cohere2moe", tiny_aya},
    {"command-r", digits_gpt2},
    {"dbrx", llama3},
    {"deepseek-coder", deepseek_coder},
    {"deepseek-llm", deepseek_llm},
    {"deepseek-r1-qwen", qwen2},
    {"deepseek-v3", deepseek_v3},
    {"default", standard},
    {"exaone", digits_gpt2},
    {"exaone-moe", exaone_moe},
    {"exaone4", gpt2},
    {"f2llmv2", qwen2},
    {"falcon", falcon},
    {"falcon-h1", llama3, llama3_traits},
    {"falcon3", llama3, llama3_traits},
    {"gemma4", lines, gemma4_traits},
    {"gigachat", gpt2},
    {"glm4", llama3, Trait::no_bos | Trait::whole_words},
    {"glm5", llama3, Trait::no_bos | Trait::whole_words},
    {"gpt-2", gpt2},
    {"gpt-4o", gpt4o},
    {"gpt3-finnish", bloom},
    {"granite-docling", gpt2},
    {"granite-embed-multi-311m", lines, gemma4_traits},
    {"granite-embed-multi-97m", granite_embed, Trait::whole_words},
    {"grok-2", qwen2},
    {"hunyuan", qwen2},
    {"hunyuan-dense", deepseek_v3},
    {"hy_v4", deepseek_v3},
    {"jais", gpt2},
    {"jais-2", jais2},
    {"jina-de", gpt2},
    {"jina-es", gpt2},
    {"jina-v1-en", gpt2},
    {"jina-v2-code", gpt2},
    {"jina-v2-de", gpt2},
    {"jina-v2-es", gpt2},
    {"jina-v5-nano", llama3, llama3_traits},
    {"joyai-llm", deepseek_v3},
    {"k2-horizon", k2_horizon},
    {"kanana2", gpt4o},
    {"kimi-k2", kimi_k2},
    {"kormo", qwen2},
    {"laguna", laguna},
    {"lfm2", llama3, llama3_traits},
    {"llada-moe", bailing},
    {"llama-bpe", llama3, llama3_traits},
    {"llama-v3", llama3, llama3_traits},
    {"llama3", llama3, llama3_traits},
    {"llama4", gpt4o},
    {"megrez", qwen2},
    {"mellum", gpt2},
    {"mellum2", digits_gpt2},
    {"midm-2.0", llama3, llama3_traits},
    {"minerva-7b", digits_gpt2},
    {"minicpm5", minicpm5, Trait::whole_words},
    {"minimax-m2", gpt4o},
    {"modern-bert", gpt2},
    {"mpt", gpt2},
    {"olmo", gpt2},
    {"phi-2", gpt2},
    {"pixtral", llama3, llama3_traits},
    {"poro-chat", bloom},
    {"qwen2", qwen2},
    {"qwen35", qwen35},
    {"refact", digits_gpt2},
    {"roberta-bpe", gpt2},
    {"sarvam-moe", lines, Trait::plain_text},
    {"seed-coder", seed_coder},
    {"smaug-bpe", llama3},
    {"smollm", digits_gpt2},
    {"solar-open", qwen2},
    {"spark2_5", spark},
    {"stablelm2", qwen2},
    {"starcoder", digits_gpt2},
    {"superbpe", superbpe},
    {"talkie", gpt4o},
    {"tekken", tekken, llama3_traits},
    {"tiny_aya", tiny_aya},
    {"trillion", gpt2},
    {"ufakzeka", ufakzeka},
    {"viking", viking},
    {"youtu", youtu, Trait::whole_words},
};

}  // namespace

const PreSplitter* find_pre_splitter(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &PreSplitter::name);
    return found == std::end(table) ? nullptr : found;
}

std::string known_pre_splitters() {
    std::string names;
    for (const PreSplitter& splitter : table) {
        if (!names.empty()) names += ", ";
        names += splitter.name;
    }
    return names;
}

}  // namespace edgeroof::runtime
