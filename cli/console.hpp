#pragma once
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

enum class Colour { plain, bold, dim, red, green, yellow, cyan };

// True when `stream` is a terminal and neither NO_COLOR nor TERM=dumb says otherwise.
bool takes_colours(std::FILE* stream);
// `text` in that colour, or as it is when standard output does not take colours.
std::string paint(Colour colour, std::string_view text);

// Columns as wide as their widest cell; wide characters (Chinese) count two.
std::string format_table(const std::vector<std::vector<std::string>>& rows);
std::size_t display_width(std::string_view utf8);
// At most `width` columns of it, the last one "…" when something is left out.
std::string clip(std::string_view utf8, std::size_t width);

// Asks on the terminal; false without one, or for any answer but yes.
bool confirm(std::string_view question);

// An error as a person is told it: without the places in other people's source code that libraries add.
std::string sentence_of(const std::exception& error);

// The end of a text file: at most `count` lines.
std::vector<std::string> last_lines(const std::string& text, std::size_t count);

}  // namespace cli
