-- The example runbooks as an operator runs them: each a process of its own, against a local AWS over HTTP.

local aws = require "aws"
local clock = require "clock"
local json = require "json"
local program = require "tests.support.program"

local KEYS = { access_key_id = "AKIADRSHLOCAL0000000", secret_access_key = "local-secret-for-development-only" }

describe("the example runbook", function()
  local server, environment

  local function client(service)
    return aws.client(service, { region = "us-east-1", endpoint = server.url, credentials = KEYS })
  end
  local function run(arguments)
    local code, out, err = program.run("run examples/" .. arguments, environment)
    return code, out, out .. err
  end
  -- Launches these servers of the sample estate and waits for their instances: name -> instance id.
  local function recover(is_drill, ...)
    local drs, chosen, wanted = client "drs", json.array {}, {}
    for _, name in ipairs { ... } do wanted[name] = true end
    for source in drs:items("describe_source_servers", {}) do
      if wanted[source.sourceProperties.identificationHints.hostname] then
        chosen[#chosen + 1] = { sourceServerID = source.sourceServerID }
      end
    end
    local job = drs:start_recovery { isDrill = is_drill, sourceServers = chosen }.job.jobID
    program.wait_for("the job's end", function()
      return drs:describe_jobs { filters = { jobIDs = { job } } }.items[1].status == "COMPLETED"
    end)
    local found = {}
    for item in drs:items("describe_recovery_instances", {}) do
      found[item.recoveryInstanceProperties.identificationHints.hostname] = item.ec2InstanceID
    end
    return found
  end
  local function address(instance)
    return client("ec2"):describe_instances { InstanceIds = { instance } }.Reservations[1].Instances[1].PrivateIpAddress
  end

  setup(function()
    clock.speed(1) -- another spec of this process may have left it frozen
    server = program.start "local --listen 127.0.0.1:0 --speed 600"
    environment = ("AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=us-east-1 AWS_CONFIG_FILE=/dev/null"
      .. " AWS_SHARED_CREDENTIALS_FILE=/dev/null"):format(server.url, KEYS.access_key_id, KEYS.secret_access_key)
  end)
  teardown(function()
    server:kill "TERM"
    program.remove(server.scratch)
  end)

  it("explains itself, and what was wrong in the call", function()
    for _, name in ipairs { "fail_over_dns", "run_automation", "estate_report", "drill_notice", "import_native_plan" } do
      local code, out = run(name .. ".lua --help")
      assert.equal(0, code)
      assert.matches("^drsh run examples/" .. name .. ".lua", out)
      local wrong, _, text = run(name .. ".lua --colour red")
      assert.equal(2, wrong)
      assert.matches("unknown argument --colour; see --help", text, 1, true)
    end
    assert.equal(2, (run "fail_over_dns.lua"))
    assert.equal(2, (run "fail_over_dns.lua --zone"))
    assert.equal(2, (run "drill_notice.lua --execution x"))
    assert.equal(2, (run "import_native_plan.lua"))
  end)

  describe("fail_over_dns", function()
    local route53, zone
    local function records()
      local found = {}
      for record in route53:items("list_resource_record_sets", { HostedZoneId = zone }) do
        if record.Type == "A" or record.Type == "TXT" then
          found[record.Name .. " " .. record.Type] = record.ResourceRecords[1].Value
        end
      end
      return found
    end
    local BEFORE = {
      ["bill-app-11.corp.example.com. A"] = "10.20.16.11", ["bill-app-12.corp.example.com. A"] = "10.20.16.12",
      ["other.corp.example.com. A"] = "10.20.0.9",
    }

    it("shows the plan, switches in one change, is killed and started again without harm, and switches back", function()
      route53 = client "route53"
      zone = route53:create_hosted_zone { Name = "corp.example.com", CallerReference = "runbook" }.HostedZone.Id
      local changes = json.array {}
      for key, value in pairs(BEFORE) do
        changes[#changes + 1] = { Action = "CREATE", ResourceRecordSet = { Name = key:match "^%S+", Type = "A", TTL = 60,
          ResourceRecords = { { Value = value } } } }
      end
      route53:change_resource_record_sets { HostedZoneId = zone, ChangeBatch = { Changes = changes } }

      local code, _, text = run "fail_over_dns.lua --zone corp.example.com"
      assert.equal(1, code)
      assert.matches("no A record of corp.example.com belongs to a recovered server", text, 1, true)
      assert.equal(1, (run "fail_over_dns.lua --zone example.net"))

      local launched = recover(false, "bill-app-11", "bill-app-12", "bill-mq-01")
      local first, second = address(launched["bill-app-11"]), address(launched["bill-app-12"])
      local plan
      code, plan = run "fail_over_dns.lua --zone corp.example.com --dry-run"
      assert.equal(0, code)
      assert.matches("bill-app-11.corp.example.com.  10.20.16.11 -> " .. first, plan, 1, true)
      assert.matches("2 of 2 records would change; nothing was changed", plan, 1, true)
      assert.same(BEFORE, records())

      local left = program.folder()
      local pipe = io.popen(("%s %s run examples/fail_over_dns.lua --zone corp.example.com --poll 3600 > %s/out 2>&1 & echo $!"):format(
        environment, program.path, left))
      local id = pipe:read "n"
      pipe:close()
      program.wait_for("the change", function() return records()["_before.bill-app-11.corp.example.com. TXT"] end)
      os.execute(("kill -9 %d"):format(id)) -- while it waits for the name servers, or a moment before
      program.remove(left)

      for _ = 1, 2 do
        local out
        code, out, text = run "fail_over_dns.lua --zone corp.example.com --poll 0.1"
        assert.equal(0, code, text)
        assert.matches("done: all 2 records answer with their new addresses", out, 1, true)
        assert.matches(first .. " is already " .. first, out, 1, true)
        assert.same({
          ["bill-app-11.corp.example.com. A"] = first, ["_before.bill-app-11.corp.example.com. TXT"] = '"10.20.16.11"',
          ["bill-app-12.corp.example.com. A"] = second, ["_before.bill-app-12.corp.example.com. TXT"] = '"10.20.16.12"',
          ["other.corp.example.com. A"] = "10.20.0.9",
        }, records())
      end

      code, _, text = run "fail_over_dns.lua --zone corp.example.com --back --poll 0.1"
      assert.equal(0, code, text)
      assert.matches("done: all 2 records answer with their former addresses", text, 1, true)
      assert.same(BEFORE, records())
      code, _, text = run "fail_over_dns.lua --zone corp.example.com --back"
      assert.equal(0, code)
      assert.matches("nothing to switch back", text, 1, true)
    end)
  end)

  describe("run_automation", function()
    it("restarts every recovered instance once, step by step, and says what failed", function()
      local code, _, text = run "run_automation.lua --drill"
      assert.equal(1, code)
      assert.matches("no recovery instance runs", text, 1, true)
      local launched = recover(true, "bill-app-01", "bill-app-02")
      local ids = { launched["bill-app-01"], launched["bill-app-02"] }
      code, _, text = run "run_automation.lua --drill --dry-run"
      assert.equal(0, code, text)
      assert.matches("AWS-RestartEC2Instance would run on 2 instances", text, 1, true)
      for _ = 1, 2 do -- the second time it follows what the first one started
        code, _, text = run "run_automation.lua --drill --poll 0.1"
        assert.equal(0, code, text)
        assert.matches("bill%-app%-01 +startInstances Success", text)
        assert.matches("bill%-app%-02 +" .. ids[2]:gsub("%-", "%%-") .. " Success", text)
        assert.matches("done: AWS-RestartEC2Instance succeeded on all 2 instances", text, 1, true)
      end
      assert.equal(2, #client("ssm"):describe_automation_executions {}.AutomationExecutionMetadataList)

      code, _, text = run "run_automation.lua --drill --document AWS-Nothing --poll 0.1"
      assert.equal(1, code)
      assert.matches("Unknown", text, 1, true)
      assert.matches("2 of 2 automations did not succeed", text, 1, true)
    end)
  end)

  describe("estate_report", function()
    it("counts region by region, and does not take silence for health", function()
      local code, out, text = run "estate_report.lua"
      assert.equal(0, code, text)
      assert.matches("us%-east%-1 +33 +31", out)
      assert.matches("mail-relay-01 is STALLED", out, 1, true)
      assert.matches("us%-west%-2 +6 +6", out)
      code, out, text = run "estate_report.lua --regions us-west-2,eu-west-1"
      assert.equal(1, code)
      assert.matches("us%-west%-2 +6 +6", out)
      assert.matches("eu%-west%-1 +unknown: ", out)
      assert.matches("1 of 2 regions did not answer", text, 1, true)
    end)
  end)

  describe("import_native_plan", function()
    it("writes DRS's own plan as one of drsh that runs, and shows where the two differ", function()
      local drs, dynamodb = client "drs", aws.client("dynamodb", { region = "us-east-1", endpoint = server.url,
        credentials = KEYS, document = true })
      local arn, by_name = drs:create_recovery_plan { name = "Native", description = "two tiers" }.recoveryPlan.recoveryPlanArn, {}
      for source in drs:items("describe_source_servers", {}) do
        by_name[source.sourceProperties.identificationHints.hostname] = source
      end
      local function add(name, configuration)
        return drs:create_recovery_plan_step { recoveryPlanArn = arn, stepName = name, configuration = configuration }
          .recoveryPlanStep.recoveryPlanStepArn:match "[^/]+$"
      end
      local first = add("Database", { serverStepConfiguration = { servers = { { serverArn = by_name["bill-db-01"].arn } } } })
      add("Breathe", { waitStepConfiguration = { waitDurationMinutes = 10 } })
      local second = add("Application", { serverStepConfiguration = { servers = {
        { serverArn = by_name["bill-app-01"].arn },
        { serverArn = by_name["bill-app-02"].arn, impactLevel = "OPTIONAL" } } } })
      local id = arn:match "[^/]+$"
      local function stored()
        return dynamodb:get_item { TableName = "drsh-recovery-plans", Key = { planId = id } }.Item
      end

      local code, _, text = run "import_native_plan.lua --plan Nothing"
      assert.equal(1, code)
      assert.matches("DRS has no recovery plan Nothing", text, 1, true)
      local out
      code, out, text = run "import_native_plan.lua --plan Native --dry-run"
      assert.equal(0, code, text)
      assert.matches("the wait 'Breathe' of 10 minutes is left out", out, 1, true)
      assert.matches("OPTIONAL in 'Application': " .. by_name["bill-app-02"].sourceServerID, out, 1, true)
      assert.matches("2 groups and plan " .. id .. " would be written; nothing was changed", out, 1, true)
      assert.is_nil(stored())
      code, out, text = run("import_native_plan.lua --pause --plan " .. arn)
      assert.equal(0, code, text)
      assert.matches("done: plan " .. id .. " has 2 waves and 3 servers", out, 1, true)
      local plan = stored()
      assert.same({ id, "Native", "two tiers", first, second, false, true, 0 }, { plan.planId, plan.planName, plan.description,
        plan.waves[1].protectionGroupId, plan.waves[2].protectionGroupId, plan.waves[1].pauseBeforeWave,
        plan.waves[2].pauseBeforeWave, plan.waves[2].dependsOnWaves[1] })
      assert.same({ by_name["bill-app-01"].sourceServerID, by_name["bill-app-02"].sourceServerID },
        { table.unpack(plan.waves[2].serverIds) })

      -- What drsh would do with it: the ten endpoints take it as a plan of their own.
      local status, said = program.run(([[call POST /executions -d '{"planId": "%s", "executionType": "DRILL",
        "initiatedBy": "test", "dryRun": true}']]):format(id), environment
        .. " STATE_MACHINE_ARN=arn:aws:states:us-east-1:123456789012:stateMachine:drsh-orchestrator")
      assert.equal(0, status, said)
      assert.matches(by_name["bill-db-01"].sourceServerID, said, 1, true)

      -- A claim of a running execution survives; a change in DRS is shown, and followed.
      dynamodb:update_item { TableName = "drsh-recovery-plans", Key = { planId = id },
        UpdateExpression = "SET activeExecutionId = :id", ExpressionAttributeValues = { [":id"] = "running" } }
      assert.equal(0, (run "import_native_plan.lua --pause --plan Native --compare"))
      drs:update_recovery_plan_step { recoveryPlanStepArn = arn .. "/step/" .. first, stepName = "Data" }
      code, out, text = run "import_native_plan.lua --pause --plan Native --compare"
      assert.equal(1, code)
      assert.matches('differs: wave 1 waveName: DRS has "Data", drsh "Database"', out, 1, true)
      assert.matches("2 differences between DRS and drsh", text, 1, true)
      assert.equal("Database", stored().waves[1].waveName)
      assert.equal(0, (run "import_native_plan.lua --pause --plan Native"))
      assert.same({ "Data", "running" }, { stored().waves[1].waveName, stored().activeExecutionId })
    end)
  end)

  describe("drill_notice", function()
    it("tells a topic how the drill went", function()
      local sns = client "sns"
      local topic = sns:create_topic { Name = "drills" }.TopicArn
      sns:subscribe { TopicArn = topic, Protocol = "sms", Endpoint = "+15550100" }
      local id = "6f2d7c1e-3b4a-4f5e-9c8d-0a1b2c3d4e5f"
      client("dynamodb"):put_item { TableName = "drsh-execution-history", Item = {
        executionId = { S = id }, planId = { S = "p" }, planName = { S = "Billing" }, status = { S = "PARTIAL" },
        executionType = { S = "DRILL" }, startTime = { N = "1795413600" }, waves = { L = { { M = {
          waveNumber = { N = "0" }, waveName = { S = "Database" }, status = { S = "COMPLETED" }, serverStatuses = { L = {} },
        } } } },
      } }
      local notice = "drill_notice.lua --topic " .. topic .. " --execution "
      local code, _, text = run(notice .. id .. " --dry-run")
      assert.equal(0, code, text)
      code, _, text = run(notice .. id)
      assert.equal(0, code, text)
      local _, kept = server:call("GET", "/_drsh/messages", nil, { ["x-drsh-control"] = "1" })
      assert.equal(1, #kept.messages)
      assert.same({ "DRILL of Billing: PARTIAL", "+15550100" },
        { kept.messages[1].subject, kept.messages[1].delivered[1].endpoint })
      assert.matches("wave 1 Database: COMPLETED", kept.messages[1].message, 1, true)
      code, _, text = run(notice .. "11111111-1111-4111-8111-111111111111")
      assert.equal(1, code)
      assert.matches("cannot be read", text, 1, true)
    end)
  end)
end)
