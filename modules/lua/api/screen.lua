return {
  name = "screen", source = "no-color.org",
  summary = "Progress for people: lines that move on a terminal, plain lines anywhere else.",
  functions = {
    { "open(output?: file*): screen.object", "Standard output if no file is given." },
  },
  class = "screen.object",
  classes = {
    ["screen.object"] = { "A screen.", methods = {
      { "draw(lines: string[])", "On a terminal: drawn over the lines of the last draw." },
      { "erase()", "Takes the last draw away." },
      { "keep()", "What was drawn last stays." },
      { "say(line: string)", "A line that stays." },
      { "note(key: string, prefix: string, line: string)", "Elsewhere: printed when it differs from the key's last note." },
      { "bar(share: number, columns: integer): string", "A bar; share is 0 to 1." },
      { "paint(text: string, colour: string): string", "Coloured where colour is wanted: red, green, yellow, blue, cyan, grey, bold." },
      { "width(): integer", "Columns; 80 where there is no terminal." },
    } },
  },
}
