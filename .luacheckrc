-- luacheck knows the globals of the three kinds of Lua here: modules and scripts (plain Lua), tests (busted), run-time trusted files.
std = "lua54"
max_line_length = 128
self = false -- a method may ignore its object
codes = true
ignore = { "211/world" } -- a <close> variable is used by its closing
exclude_files = { "build/**" }

-- A sandboxed script has no more globals than these; the host refuses the rest at run time (host/runtime/sandbox.lua).
local sandboxed = {
  std = {
    read_globals = {
      "_G", "_VERSION", "assert", "error", "getmetatable", "ipairs", "math", "next", "pairs", "pcall", "print", "rawequal", "rawget",
      "rawlen", "rawset", "require", "select", "setmetatable", "string", "table", "tonumber", "tostring", "type", "utf8", "xpcall",
    },
  },
}
files["scripts/endpoints"] = sandboxed
-- A policy's parameters are named for whoever changes it.
files["scripts/policies"] = { std = sandboxed.std, unused_args = false }
files["scripts/lib"] = sandboxed
files["scripts/background"] = sandboxed

-- Tables of cases read better in long lines.
files["modules/lua/api"] = { max_line_length = 160 }
files["**/*_spec.lua"] = { std = "lua54+busted" }
files["tests"] = { std = "lua54+busted", max_line_length = 160 }
