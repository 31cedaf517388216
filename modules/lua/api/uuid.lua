return {
  name = "uuid", sandbox = true, source = "RFC 9562",
  summary = "Universally unique identifiers.",
  functions = {
    { "v4(): string", "A random UUID, \"f47ac10b-58cc-4372-a567-0e02b2c3d479\"." },
    { "is_valid(value: any): boolean", "Is it a string of that shape, in either case, of any version?" },
  },
}
