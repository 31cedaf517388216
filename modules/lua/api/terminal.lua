return {
  name = "terminal",
  summary = "What the terminal can do.",
  functions = {
    { "is_tty(descriptor?: integer): boolean", "Is it a terminal? Standard output (1) if none is given." },
    { "height(): integer|nil", "Lines; nil where standard output is no terminal." },
    { "width(): integer|nil", "Columns; nil where there is no terminal." },
  },
}
