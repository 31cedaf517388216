return {
  name = "cbor", sandbox = true, source = "RFC 8949",
  summary = "CBOR: reading a value, writing one item at a time.",
  functions = {
    { "decode(bytes: string): any", "The value of one item; lists and objects are marked as json.decode does, null is json.null.",
      raises = "{code=\"INVALID_CBOR\", message}: not one well-formed item, not UTF-8, a key that is no text, deeper than 200 levels" },
    { "integer(number: integer): string", "A whole number." },
    { "double(number: number): string", "A float of 64 bits." },
    { "float(number: number): string", "A float of 32 bits." },
    { "text(text: string): string", "A text." },
    { "bytes(bytes: string): string", "A string of bytes." },
    { "boolean(value: any): string", "True or false." },
    { "time(seconds: number): string", "A time, seconds since 1970." },
    { "list(items: table): string", "A list of written items." },
    { "map(items: table): string", "A map: written key, written value, written key ..." },
  },
}
