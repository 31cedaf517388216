return {
  name = "json", sandbox = true, source = "RFC 8259",
  summary = "JSON that never guesses: lists and objects are marked, integers and floats are exact.",
  functions = {
    { "decode(text: string): any", "The value of a JSON text; lists and objects are marked, null is json.null.",
      raises = "{code=\"INVALID_JSON\", message, line, column}: no JSON, not UTF-8, deeper than 200 levels" },
    { "encode(value: any): string", "One line of JSON, keys sorted bytewise.",
      raises = "a string with the place in the value: an unmarked empty table, NaN, mixed keys, holes, cycles, functions" },
    { "encode_pretty(value: any): string", "The same over lines, indented by two spaces.", raises = "as json.encode" },
    { "array(list?: table): table", "The table, marked as a list; a new one if none is given.",
      raises = "a string: it has a metatable of another kind" },
    { "object(map?: table): table", "The table, marked as an object; a new one if none is given.",
      raises = "a string: it has a metatable of another kind" },
    { "is_array(value: any): boolean", "Is it marked as a list, or unmarked with a first element?" },
  },
  values = { { "null: userdata", "What null decodes to and encodes from." } },
}
