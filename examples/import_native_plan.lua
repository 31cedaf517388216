local options = require "options"
local option = options.read([[
drsh run examples/import_native_plan.lua --plan NAME [options]

Writes a recovery plan that was made in DRS itself as a plan of drsh, and shows where the two differ. Each server step becomes a
wave with a protection group of its own. Ids are those of DRS, so this may be run again when the native plan has changed, or
after a kill: what drsh has follows. A running execution keeps the plan that it began with.

Two things have no counterpart in drsh, and are said: a wait (--pause makes it a pause before the next wave, which an operator
ends), and OPTIONAL servers (what a server that failed means is for scripts/policies/wave.lua to say).

  --plan NAME      the native plan, by its name or ARN
  --region REGION  where it is (else AWS_REGION)
  --pause          a wait becomes a pause
  --dry-run        show how they differ and what would be written; change nothing
  --compare        show how they differ; exit code 1 if they do
  --help           this text
]], {}, { "plan" })

local say, fail = options.say, options.fail
local native_plan = require "native_plan"

local native = native_plan.find(option.region, option.plan) or fail("DRS has no recovery plan %s", option.plan)
local plan, groups, notes = native_plan.translate(native, option.pause or false)
if #plan.waves == 0 then fail("%s has no server step: there is nothing to recover", native.name) end

local differences, servers = native_plan.compare(plan, groups), 0
for index, wave in ipairs(plan.waves) do
  servers = servers + #wave.serverIds
  say("wave %d  %-30s %3d servers%s", index, wave.waveName, #wave.serverIds, wave.pauseBeforeWave and ", paused before" or "")
end
for _, note in ipairs(notes) do say("note: %s", note) end
for _, difference in ipairs(differences) do say("differs: %s", difference) end

if option.compare and #differences > 0 then fail("%d differences between DRS and drsh", #differences) end
if #differences == 0 then
  say("drsh has %s as DRS has it, %d waves and %d servers", native.name, #plan.waves, servers)
  return 0
end
if option.dry_run then
  say("%d groups and plan %s would be written; nothing was changed", #groups, plan.planId)
  return 0
end
native_plan.write(plan, groups)
say("done: plan %s has %d waves and %d servers", plan.planId, #plan.waves, servers)
