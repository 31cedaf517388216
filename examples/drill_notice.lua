local options = require "options"
local option = options.read([[
drsh run examples/drill_notice.lua --execution ID --topic ARN [--dry-run]

Tells the subscribers of an SNS topic how an execution went, wave by wave.

  --execution ID  the execution
  --topic ARN     the topic
  --dry-run       print the notice, send nothing
  --help          this text
]], {}, { "execution", "topic" })

local say, fail = options.say, options.fail
local app       = require "app"
local aws       = require "aws"
local json      = require "json"

local status, _, body = app.handle { method = "GET", path = "/executions/" .. option.execution }
local execution = json.decode(body)
if status ~= 200 then fail("the execution cannot be read: %s", execution.message) end

local lines = { ("%s of %s: %s"):format(execution.executionType, execution.planName, execution.status) }
for _, wave in ipairs(execution.waves) do
  lines[#lines + 1] = ("  wave %d %s: %s"):format(wave.waveNumber + 1, wave.waveName, wave.status)
end
local notice = { Subject = lines[1]:sub(1, 100), Message = table.concat(lines, "\n"), TopicArn = option.topic }

say("%s", notice.Message)
if option.dry_run then return 0 end
-- The region is the topic's, wherever this runs.
local sent = aws.client("sns", { region = option.topic:match "^arn:[^:]+:sns:([^:]+):" }):publish(notice)
say("sent as %s", sent.MessageId)
