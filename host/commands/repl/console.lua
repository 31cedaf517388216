-- A session's console on the terminal (or pipe) that the program was started on: where it says things, and asks.
local prompt = require "prompt"
local terminal = require "terminal"

local console = {}

--- A line.
function console.print(text)
  print(text)
end

--- What may be long: more than the terminal holds is asked for page by page.
function console.page(text)
  local height = terminal.is_tty(0) and terminal.height()
  local shown = 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    if height and shown >= height - 1 then
      local answer = prompt.read "-- more: Enter; q ends -- "
      if not answer or answer:find "^[qQ]" then return end
      shown = 0
    end
    print(line)
    shown = shown + 1
  end
end

--- What went wrong, and what is said beside the answers.
function console.complain(text)
  io.stderr:write(text, "\n")
end

--- Can somebody answer?
function console.can_ask()
  return terminal.is_tty(0)
end

--- -> what was answered; nil at the end of the input.
function console.ask(question)
  return (prompt.read(question))
end

return console
