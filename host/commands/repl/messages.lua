-- What a prompt and the server that it is attached to say to each other: a JSON object a line.
--
--   prompt -> server   {attach = {interactive = boolean, dry = boolean}}   first
--                      {run = text}                a piece of Lua or a :setting; one at a time
--                      {answer = text | null}      to what was asked
--                      {cancel = true}             end the call that runs
--   server -> prompt   {hello = {pid, url, worker, generation, folder, names, scripts}}
--                      {print = text} {page = text} {complain = text}
--                      {ask = question}
--                      {done = {ok = boolean, names, scripts}}             the text has been run
--
-- `names` are what a bare name means there, for completion: name -> true, "client:SERVICE", or the same of its members.
local json = require "json"

local messages = {}

local LONGEST_TEXT = 1 << 20

-- JSON holds text: bytes that are none are shown as Lua writes them.
local function text_of(bytes)
  if #bytes > LONGEST_TEXT then
    bytes = ("%s\n... and %d bytes more"):format(bytes:sub(1, utf8.len(bytes) and utf8.offset(bytes, 0, LONGEST_TEXT) - 1
      or LONGEST_TEXT), #bytes - LONGEST_TEXT)
  end
  if utf8.len(bytes) then return bytes end
  return (bytes:gsub("[\128-\255]", function(byte) return ("\\x%02X"):format(byte:byte()) end))
end

--- Sends {kind = value}.
function messages.send(connection, kind, value)
  connection:write(json.encode { [kind] = type(value) == "string" and text_of(value) or value })
end

--- -> kind, value; nil when the other side has gone, or says what is no message.
function messages.receive(connection)
  local line = connection:read()
  local fine, message = pcall(json.decode, line or "")
  if not fine or type(message) ~= "table" then return nil end
  return next(message)
end

return messages
