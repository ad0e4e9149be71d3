#include "json/json.h"

#include <cstdlib>

#include "text/utf8.h"

namespace tinyguard::json {
namespace {

constexpr int kMaxDepth = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

}  // namespace

class Reader {
 public:
  Reader(std::string_view text, Document& out) : text_(text), out_(out) {}

  std::string read() {
    if (text_.size() > UINT32_MAX / 2) return "is too long";
    std::u32string characters;
    const Result utf8 = decode_utf8_strict(text_, characters);
    if (utf8.error != ErrorCode::ok) return "byte " + std::to_string(utf8.position) + ": invalid UTF-8";
    out_.nodes_.clear();
    out_.arena_.clear();
    out_.arena_.reserve(text_.size());
    skip_space();
    if (value(0)) {
      skip_space();
      if (at_ != text_.size()) fail("something follows the value");
    }
    if (problem_ == nullptr) return "";
    out_.nodes_.clear();
    return "byte " + std::to_string(at_) + ": " + problem_;
  }

 private:
  bool fail(const char* problem) {
    if (problem_ == nullptr) problem_ = problem;
    return false;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  uint32_t add(Kind kind, size_t text = 0, size_t size = 0) {
    Document::Node node;
    node.kind = kind;
    node.text = static_cast<uint32_t>(text);
    node.size = static_cast<uint32_t>(size);
    out_.nodes_.push_back(node);
    return static_cast<uint32_t>(out_.nodes_.size() - 1);
  }

  bool value(int depth) {
    if (depth > kMaxDepth) return fail("nested too deeply");
    switch (peek()) {
      case '{':
      case '[':
        return container(depth);
      case '"':
        return string();
      case 't':
        return word("true", Kind::boolean, 1);
      case 'f':
        return word("false", Kind::boolean, 0);
      case 'n':
        return word("null", Kind::null, 0);
      default:
        return number();
    }
  }

  bool word(std::string_view spelling, Kind kind, size_t size) {
    if (text_.substr(at_, spelling.size()) != spelling) return fail("not a value");
    at_ += spelling.size();
    add(kind, 0, size);
    return true;
  }

  bool container(int depth) {
    const bool object = text_[at_++] == '{';
    const char close = object ? '}' : ']';
    const uint32_t self = add(object ? Kind::object : Kind::array);
    uint32_t count = 0, last = 0;
    skip_space();
    if (peek() == close) {
      ++at_;
      return true;
    }
    const auto link = [&] {
      const auto child = static_cast<uint32_t>(out_.nodes_.size());
      if (last != 0) out_.nodes_[last].next = child;
      last = child;
    };
    while (true) {
      skip_space();
      link();
      if (object) {
        if (peek() != '"') return fail("a member's name is missing");
        if (!string()) return false;
        skip_space();
        if (peek() != ':') return fail("a colon is missing");
        ++at_;
        skip_space();
        link();
      }
      if (!value(depth + 1)) return false;
      ++count;
      skip_space();
      const char c = peek();
      if (c != ',' && c != close) return fail("a comma or a closing bracket is missing");
      ++at_;
      if (c == close) break;
    }
    out_.nodes_[self].size = count;
    return true;
  }

  bool number() {
    const size_t begin = at_;
    if (peek() == '-') ++at_;
    if (!is_digit(peek())) return fail("not a value");
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return fail("not a number");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return fail("not a number");
    }
    const size_t place = out_.arena_.size();
    out_.arena_.append(text_.substr(begin, at_ - begin));
    add(Kind::number, place, at_ - begin);
    return true;
  }

  bool digits() {
    const size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }

  bool string() {
    ++at_;
    const size_t place = out_.arena_.size();
    while (true) {
      const size_t begin = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<uint8_t>(text_[at_]) >= 0x20) {
        ++at_;
      }
      out_.arena_.append(text_.substr(begin, at_ - begin));
      if (at_ >= text_.size()) return fail("a string does not end");
      const char c = text_[at_];
      if (c == '"') break;
      if (c != '\\') return fail("a control character in a string");
      ++at_;
      if (!escape()) return false;
    }
    ++at_;
    add(Kind::string, place, out_.arena_.size() - place);
    return true;
  }

  bool escape() {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kCharacters = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (c == 'u') {
      ++at_;
      uint32_t unit = 0;
      if (!hex(unit)) return false;
      if (unit >= 0xDC00 && unit <= 0xDFFF) return fail("a lone surrogate");
      if (unit >= 0xD800 && unit <= 0xDBFF) {
        uint32_t low = 0;
        if (text_.substr(at_, 2) != "\\u") return fail("a lone surrogate");
        at_ += 2;
        if (!hex(low)) return false;
        if (low < 0xDC00 || low > 0xDFFF) return fail("a lone surrogate");
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      }
      append_utf8(out_.arena_, unit);
      return true;
    }
    const size_t found = at_ < text_.size() ? kNames.find(c) : std::string_view::npos;
    if (found == std::string_view::npos) return fail("an unknown escape");
    out_.arena_ += kCharacters[found];
    ++at_;
    return true;
  }

  bool hex(uint32_t& unit) {
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const int digit = is_digit(c)            ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return fail("four hexadecimal digits are missing");
      unit = unit * 16 + static_cast<uint32_t>(digit);
    }
    return true;
  }

  std::string_view text_;
  Document& out_;
  size_t at_ = 0;
  const char* problem_ = nullptr;
};

std::string Document::parse(std::string_view text) { return Reader(text, *this).read(); }

Kind Value::kind() const { return document_ == nullptr ? Kind::missing : document_->nodes_[index_].kind; }

std::string_view Value::text() const {
  if (!is(Kind::string) && !is(Kind::number)) return {};
  const Document::Node& node = document_->nodes_[index_];
  return std::string_view(document_->arena_).substr(node.text, node.size);
}

bool Value::truth() const { return is(Kind::boolean) && document_->nodes_[index_].size == 1; }

double Value::number() const {
  if (!is(Kind::number)) return 0.0;
  // strtod looks for the decimal point of the locale, so it is given none: "-12.5e3" is read as "-125e2".
  std::string digits;
  const std::string_view spelled = text();
  const size_t exponent_at = spelled.find_first_of("eE");
  long exponent = 0;
  if (exponent_at != std::string_view::npos) {
    exponent = std::strtol(std::string(spelled.substr(exponent_at + 1)).c_str(), nullptr, 10);
    if (exponent > 100000) exponent = 100000;
    if (exponent < -100000) exponent = -100000;
  }
  const std::string_view mantissa = spelled.substr(0, exponent_at);
  const size_t point = mantissa.find('.');
  digits = mantissa.substr(0, point);
  if (point != std::string_view::npos) {
    digits += mantissa.substr(point + 1);
    exponent -= static_cast<long>(mantissa.size() - point - 1);
  }
  digits += 'e';
  digits += std::to_string(exponent);
  return std::strtod(digits.c_str(), nullptr);
}

bool Value::integer(int64_t& value) const {
  if (!is(Kind::number) || text().find_first_of(".eE") != std::string_view::npos || text().size() > 18)
    return false;
  value = std::strtoll(std::string(text()).c_str(), nullptr, 10);
  return true;
}

size_t Value::size() const {
  return is(Kind::array) || is(Kind::object) ? document_->nodes_[index_].size : 0;
}

Value Value::first() const { return size() == 0 ? Value() : Value(document_, index_ + 1); }

Value Value::next() const {
  if (document_ == nullptr || document_->nodes_[index_].next == 0) return {};
  return {document_, document_->nodes_[index_].next};
}

Value Value::operator[](std::string_view name) const {
  Value found;
  if (!is(Kind::object)) return found;
  for (Value key = first(); key; key = key.next().next()) {
    if (key.text() == name) found = key.next();
  }
  return found;
}

}  // namespace tinyguard::json
