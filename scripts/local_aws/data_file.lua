-- Data that somebody wrote by hand: a Lua file (NAME.lua) that returns a table, or a JSON file.

local folder = require "folder"
local json = require "json"
local shape = require "local_aws.shape"

local function read_lua(path, text)
  local chunk, problem = load(text, "@" .. path, "t")
  local ok, value = pcall(chunk or error, problem)
  if not ok then
    shape.refuse(path, tostring(value))
  end
  return value
end

local function read_json(path, text)
  local ok, value = pcall(json.decode, text)
  return ok and value or shape.refuse(path, tostring(value))
end

-- The table in a file. Raises {code=, message=} with the file's name: FILE_MISSING ..., INVALID_DATA.
return function(path)
  local text = folder.read(path)
  local value = (path:find("%.lua$") and read_lua or read_json)(path, text)
  return type(value) == "table" and value or shape.refuse(path, "the file should give a table")
end
