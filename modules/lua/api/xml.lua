return {
  name = "xml", sandbox = true, source = "W3C XML 1.0",
  summary = "XML as the query, ec2 and restXml protocols use it.",
  functions = {
    { "parse(text: string): xml.element", "The root element. Names keep their prefix.",
      raises = "{code, message, line, column}: INVALID_XML, XML_DOCTYPE, XML_TOO_DEEP (200 levels), XML_TOO_LARGE (64 MiB)" },
    { "escape(text: string): string", "As it may stand between tags or in an attribute's quotes." },
  },
  classes = {
    ["xml.element"] = { "An element.", fields = {
      { "name: string", "" }, { "attributes: table<string, string>", "" }, { "children: xml.element[]", "" },
      { "text: string", "all of its own, \"\" if there is none" },
    } },
  },
}
