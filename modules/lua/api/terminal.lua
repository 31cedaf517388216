return {
  name = "terminal",
  summary = "What the terminal can do.",
  functions = {
    { "is_tty(descriptor?: integer): boolean", "Is it a terminal? Standard output (1) if none is given." },
    { "width(): integer|nil", "Columns; nil where there is no terminal." },
  },
}
