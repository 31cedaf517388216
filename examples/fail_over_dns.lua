local options = require "options"
local option = options.read([[
drsh run examples/fail_over_dns.lua --zone NAME [options]

Points the A records of recovered servers at their recovery instances, all in one change, and back. A record belongs to a
server when its first label is the server's name. The addresses that it had are kept beside it in the TXT record _before.NAME,
in the same change: --back works on any machine, and this may be killed and started again at any moment.

  --zone NAME      the hosted zone, such as example.com
  --region REGION  where the recovery instances are (else AWS_REGION)
  --drill          use the instances of a drill, not those of a recovery
  --back           point the records at what they were before
  --dry-run        show the plan, change nothing
  --poll SECONDS   how often to ask whether the name servers have it (10)
  --help           this text
]], { poll = "10" }, { "zone" })

local say, fail = options.say, options.fail
local json      = require "json"
local recovered = require "recovered"
local zone      = require "zone"

local hosted = zone.find(option.zone) or fail("there is no hosted zone %s", option.zone)

local addresses = {}
for _, server in ipairs(option.back and {} or recovered.list(option.region, option.drill or false)) do
  addresses[server.name] = server.address
end

local plan, changes, other = {}, json.array {}, 0
for _, item in ipairs(zone.records(hosted.Id)) do
  item.target = addresses[item.name:match "^[^.]+"]
  if option.back then item.target = item.before end
  if item.target then
    say("%s  %s %s %s", item.name, item.values, item.values == item.target and "is already" or "->", item.target)
    plan[#plan + 1] = item
    other = other + (item.values == item.target and 0 or 1)
    zone.change(changes, item, item.target, option.back)
  end
end
if #plan == 0 and option.back then say("nothing to switch back in %s", option.zone) return 0 end
if #plan == 0 then fail("no A record of %s belongs to a recovered server", option.zone) end
if option.dry_run then say("%d of %d records would change; nothing was changed", other, #plan) return 0 end

-- What is right already is sent, too: whoever starts again after a kill waits for the name servers again.
local batch = { HostedZoneId = hosted.Id, ChangeBatch = { Changes = changes } }
local sent = zone.route53:change_resource_record_sets(batch).ChangeInfo
say("%d records sent in one change, %s; waiting for the name servers", #plan, sent.Id)
zone.route53:wait("resource_record_sets_changed", { Id = sent.Id }, { delay = tonumber(option.poll), limit = 1800 })

local wrong = 0
for _, item in ipairs(plan) do
  local answer = zone.route53:test_dns_answer { HostedZoneId = hosted.Id, RecordName = item.name, RecordType = "A" }
  local given = table.concat(answer.RecordData, " ")
  if given ~= item.target then
    say("%s answers %s, not %s", item.name, given, item.target)
    wrong = wrong + 1
  end
end
if wrong > 0 then fail("%d of %d records do not answer as they should", wrong, #plan) end
say("done: all %d records answer with their %s addresses", #plan, option.back and "former" or "new")
