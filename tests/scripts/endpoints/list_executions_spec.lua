local estate = require "tests.support.estate"
local json   = require "json"

describe("GET /executions", function()
  local here

  setup(function() here = estate.open() end)
  teardown(function() here.close() end)

  local function list(query) return here.call("GET", "/executions" .. (query and "?" .. query or "")) end

  local function id_of(number) return ("00000000-0000-4000-8000-%012d"):format(number) end

  -- All pages, each checked for its count.
  local function walk(query, limit)
    local items, token, pages = {}, nil, 0
    repeat
      local status, page = list(("limit=%d%s%s"):format(limit, query and "&" .. query or "", token and "&nextToken=" .. token or ""))
      assert.equal(200, status)
      assert.equal(page.count, #page.items)
      table.move(page.items, 1, #page.items, #items + 1, items)
      token, pages = page.nextToken, pages + 1
      assert.is_true(pages < 200)
    until token == json.null
    return items, pages
  end

  describe("over 1,000 executions", function()
    local WORDS = { "COMPLETED", "FAILED", "CANCELLED", "PARTIAL", "POLLING" }

    setup(function()
      local client, name = here.client("dynamodb"), here.tables.EXECUTION_HISTORY_TABLE
      for first = 1, 1000, 25 do
        local puts = json.array {}
        for number = first, first + 24 do
          puts[#puts + 1] = { PutRequest = { Item = {
            executionId = { S = id_of(number) }, planId = { S = number % 10 == 0 and "two" or "three" },
            status = { S = WORDS[number % 5 + 1] }, executionType = { S = number % 4 == 0 and "RECOVERY" or "DRILL" },
            -- In no order, and up to four in one second.
            startTime = { N = tostring(estate.EPOCH - 100000 + number * 37 % 1000 // 4) },
            accountContext = { M = { accountId = { S = number % 2 == 0 and estate.ACCOUNT or estate.OTHER_ACCOUNT } } },
            waves = { L = json.array {} }, taskToken = { S = "a secret" },
          } } }
        end
        client:batch_write_item { RequestItems = { [name] = puts } }
      end
    end)

    it("gives each once, newest first over all pages", function()
      local items = walk(nil, 90)
      assert.equal(1000, #items)
      local seen = {}
      for position, item in ipairs(items) do
        assert.is_nil(seen[item.executionId])
        seen[item.executionId] = true
        if position > 1 then assert.is_true(items[position - 1].startTime >= item.startTime) end
      end
    end)

    it("applies the filters before the page is cut", function()
      for query, expected in pairs { ["planId=two"] = 100, ["executionType=RECOVERY"] = 250, ["status=FAILED"] = 200,
          ["status=RUNNING"] = 200, ["accountId=" .. estate.OTHER_ACCOUNT] = 500, ["status=FAILED&executionType=DRILL"] = 150 } do
        local items, pages = walk(query, 100)
        assert.equal(expected, #items, query)
        assert.equal(math.max(1, math.ceil(expected / 100)), pages, query)
      end
    end)

    it("does not read more for a page because the history is long", function()
      here.forget_calls()
      list("limit=10")
      assert.is_true(#here.calls { operation = "Query" } <= 15)
      assert.equal(0, #here.calls { operation = "Scan" })
    end)

    it("has 50 on a page, and reads each plan and group once", function()
      here.forget_calls()
      local _, page = list()
      assert.equal(50, page.count)
      assert.equal(2, #here.calls { operation = "BatchGetItem" })
      assert.equal(0, #here.calls { operation = "GetItem" })
    end)

    it("shows no task token", function()
      local _, page = list()
      for _, item in ipairs(page.items) do assert.is_nil(item.taskToken) end
    end)

    it("neither repeats nor leaves out an execution whose status changes between two pages", function()
      local _, first = list("limit=100")
      local shown = {}
      for _, item in ipairs(first.items) do shown[item.executionId] = true end
      here.patch(first.items[100].executionId, { status = "TIMEOUT" })
      local rest, token = 0, first.nextToken
      while token ~= json.null do
        local _, page = list("limit=100&nextToken=" .. token)
        for _, item in ipairs(page.items) do assert.is_nil(shown[item.executionId]) end
        rest, token = rest + #page.items, page.nextToken
      end
      assert.equal(900, rest)
    end)

    it("400 INVALID_NEXT_TOKEN: changed, cut, invented, or of another question", function()
      local _, page = list("limit=10")
      local token = page.nextToken
      local changed = (token:sub(1, 5) == "AAAAA" and "B" or "A") .. token:sub(2)
      for _, bad in ipairs { changed, token:sub(1, -2), "nonsense", "a.b", token .. "x" } do
        local status, answer = list("limit=10&nextToken=" .. bad)
        assert.equal(400, status)
        assert.equal("INVALID_NEXT_TOKEN", answer.error)
      end
      assert.equal(400, (list("limit=10&status=FAILED&nextToken=" .. token)))
    end)
  end)

  for _, query in ipairs { "limit=0", "limit=101", "limit=ten", "limit=1.5", "limit=-1", "status=DONE", "executionType=TEST" } do
    it("400 INVALID_FIELD: " .. query, function()
      local status, answer = list(query)
      assert.equal(400, status)
      assert.equal("INVALID_FIELD", answer.error)
    end)
  end
end)

describe("A row of the list", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function row() return select(2, here.call("GET", "/executions")).items[1] end

  it("has the stored name, the plan, how its servers were chosen, and its running jobs", function()
    local id = here.start("two")
    here.advance(0.5)
    local item = row()
    assert.equal(id, item.executionId)
    assert.equal("The plan two", item.recoveryPlanName)
    assert.equal("two", item.recoveryPlanId)
    assert.equal("TAGS", item.selectionMode)
    assert.is_true(item.hasActiveDrsJobs)
    assert.is_false(item.terminationMetadata.canTerminate)
    assert.is_nil(item.planSnapshot)
  end)

  it("says that a finished one can be terminated", function()
    here.finished("one")
    local item = row()
    assert.equal("PLAN", item.selectionMode)
    assert.is_false(item.hasActiveDrsJobs)
    assert.is_true(item.terminationMetadata.canTerminate)
    assert.is_true(item.terminationMetadata.hasRecoveryInstances)
  end)

  it("of the old system takes name and selection from plan and groups", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", planId = "two", planName = json.null,
                         status = "COMPLETED", waves = json.array {} }
    local item = row()
    assert.equal("The plan two", item.recoveryPlanName)
    assert.equal("TAGS", item.selectionMode)
  end)

  it("of a plan that is gone says so", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", planId = "gone", planName = json.null,
                         status = "COMPLETED" }
    assert.equal("Deleted Plan", row().recoveryPlanName)
  end)
end)

describe("GET /executions on a table of the old system, without our index", function()
  local here

  before_each(function()
    here = estate.open()
    local client, name = here.client("dynamodb"), here.tables.EXECUTION_HISTORY_TABLE
    client:delete_table { TableName = name }
    here.advance(60)
    client:create_table {
      TableName = name, BillingMode = "PAY_PER_REQUEST",
      KeySchema = { { AttributeName = "executionId", KeyType = "HASH" }, { AttributeName = "planId", KeyType = "RANGE" } },
      AttributeDefinitions = { { AttributeName = "executionId", AttributeType = "S" },
        { AttributeName = "planId", AttributeType = "S" } },
    }
    here.advance(60)
    for number = 1, 30 do
      here.put_execution { executionId = ("00000000-0000-4000-8000-%012d"):format(number), status = "COMPLETED",
                           startTime = estate.EPOCH + number * 7 % 30 }
    end
  end)
  after_each(function() here.close() end)

  it("lists newest first over all pages all the same", function()
    local seen, last, token = 0, math.huge, nil
    repeat
      local status, page = here.call("GET", "/executions?limit=7" .. (token and "&nextToken=" .. token or ""))
      assert.equal(200, status)
      for _, item in ipairs(page.items) do
        assert.is_true(item.startTime <= last)
        seen, last = seen + 1, item.startTime
      end
      token = page.nextToken
    until token == json.null
    assert.equal(30, seen)
  end)
end)

describe("The filter by account", function()
  it("counts a record that names no account as ours", function()
    local here = estate.open()
    finally(function() here.close() end)
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "COMPLETED" }
    local _, page = here.call("GET", "/executions?accountId=" .. estate.ACCOUNT)
    assert.equal(1, page.count)
    _, page = here.call("GET", "/executions?accountId=" .. estate.OTHER_ACCOUNT)
    assert.equal(0, page.count)
  end)
end)
