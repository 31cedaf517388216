return {
  name = "dynamodb", sandbox = true,
  source = "Amazon DynamoDB Developer Guide, Supported data types",
  summary = "Values that DynamoDB has and Lua has not, for clients with document = true.",
  functions = {
    { "set(values: any[]): dynamodb.set", "A set of strings, numbers or binary, by its content.",
      raises = "a string: empty, mixed or doubled values" },
    { "number(text: string|number): dynamodb.number|number", "A decimal of up to 38 digits; a Lua number where that holds it exactly.",
      raises = "a string: no number, or beyond DynamoDB's range" },
    { "binary(bytes: string): dynamodb.binary", "Bytes." },
    { "kind(value: any): \"number\"|\"binary\"|\"set\"|nil", "Which of ours it is." },
    { "set_kind(set: dynamodb.set): string", "What it is a set of: \"S\", \"N\" or \"B\"." },
    { "number_text(value: any): string", "The digits as DynamoDB wants them.", raises = "a string: it cannot be held" },
    { "number_problem(value: any): string|nil", "Why DynamoDB cannot hold the number; nil when it can." },
    { "read_number(text: string): number|dynamodb.number", "The number that DynamoDB sent." },
    { "read_set(values: any[]): dynamodb.set", "What came from DynamoDB, as a set; nothing is checked." },
  },
  classes = {
    ["dynamodb.set"] = { "A set; #set is its size.", methods = { { "has(value: any): boolean", "Is it in the set?" } } },
    ["dynamodb.number"] = { "A decimal that no Lua number holds exactly; tostring gives its digits." },
    ["dynamodb.binary"] = { "Bytes.", fields = { { "bytes: string", "" } } },
  },
}
