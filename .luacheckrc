-- luacheck knows the globals of the three kinds of Lua here: modules and scripts (plain Lua), tests (busted), run-time trusted files.
std = "lua54"
max_line_length = 128
codes = true
exclude_files = { "build/**" }

-- A sandboxed script has no more than this; the host refuses the rest at run time (host/runtime/sandbox).
local sandboxed = {
  read_globals = {},
  globals = {},
}
files["scripts/endpoints/**"] = sandboxed
files["scripts/policies/**"] = sandboxed
files["scripts/lib/**"] = sandboxed

files["tests/**"] = { std = "lua54+busted" }
