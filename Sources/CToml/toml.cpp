#include "CToml.h"

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <deque>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Document : cl_toml_document {
  std::vector<cl_toml_node> list;
  std::deque<std::string> strings;  // A deque, so that growing moves none of them.
  std::string why;
};

const std::string &keep(Document &document, std::string text) {
  document.strings.push_back(std::move(text));
  return document.strings.back();
}

cl_toml_kind kind_of(const toml::node &node) {
  switch (node.type()) {
    case toml::node_type::table: return cl_toml_table;
    case toml::node_type::array: return cl_toml_array;
    case toml::node_type::string: return cl_toml_string;
    case toml::node_type::integer: return cl_toml_integer;
    case toml::node_type::floating_point: return cl_toml_float;
    case toml::node_type::boolean: return cl_toml_boolean;
    default: return cl_toml_other;
  }
}

std::string text_of(const toml::node &node) {
  if (auto string = node.as_string()) return string->get();
  if (auto integer = node.as_integer()) return std::to_string(integer->get());
  if (auto boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  std::ostringstream out;
  if (auto number = node.as_floating_point()) out << number->get();
  return out.str();
}

void add(Document &document, const toml::node &node, std::string_view key,
         toml::source_position where, int depth) {
  const std::string &kept = keep(document, std::string(key));
  const std::string &text = keep(document, text_of(node));
  document.list.push_back({depth, kind_of(node), (int)where.line, (int)where.column, kept.data(),
                           kept.size(), text.data(), text.size()});
  if (auto table = node.as_table())
    for (auto &&[name, value] : *table)
      add(document, value, name.str(), name.source().begin, depth + 1);
  if (auto array = node.as_array())
    for (auto &&value : *array) add(document, value, "", value.source().begin, depth + 1);
}

}  // namespace

extern "C" cl_toml_document *cl_toml_parse(const char *text, size_t length) {
  auto document = new Document();
  try {
    toml::table table = toml::parse(std::string_view(text, length));
    add(*document, table, "", {1, 1}, 0);
  } catch (const toml::parse_error &error) {
    document->why = std::string(error.description());
    document->failure = document->why.c_str();
    document->line = (int)error.source().begin.line;
    document->column = (int)error.source().begin.column;
  }
  document->nodes = document->list.data();
  document->count = document->list.size();
  return document;
}

extern "C" void cl_toml_free(cl_toml_document *document) {
  delete static_cast<Document *>(document);
}
