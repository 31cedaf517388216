local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, server_id = world.drs, world.fault, world.server_id

describe("launch actions", function()
  before_each(function()
    world.start(1)
  end)
  after_each(world.close)

  local function action(number, order)
    return {
      resourceId = server_id(1), actionCode = "AWS-RunShellScript",
      actionId = ("%08x-0000-0000-0000-000000000000"):format(number),
      order = order or 1000 + number, optional = true, active = true, name = "action " .. number, actionVersion = "$DEFAULT",
      category = "OTHER", description = "",
    }
  end

  it("2 [M]: launch actions are put, listed in their order and deleted", function()
    drs("PutLaunchAction", action(2))
    local first = drs("PutLaunchAction", action(1))
    assert.equal("SSM_COMMAND", first.type)
    local items = drs("ListLaunchActions", { resourceId = server_id(1) }).items
    assert.same({ "action 1", "action 2" }, { items[1].name, items[2].name })
    assert.is_nil(items[1].resourceId)
    local filtered = drs("ListLaunchActions", { resourceId = server_id(1),
      filters = { actionIds = json.array { first.actionId } } })
    assert.equal(1, #filtered.items)
    drs("DeleteLaunchAction", { resourceId = server_id(1), actionId = first.actionId })
    assert.equal(1, #drs("ListLaunchActions", { resourceId = server_id(1) }).items)
    assert.equal("ResourceNotFoundException", fault("DeleteLaunchAction",
      { resourceId = server_id(1), actionId = first.actionId }).code)
    assert.equal("ResourceNotFoundException", fault("ListLaunchActions", { resourceId = server_id(9) }).code)
  end)

  it("2 [M]: a launch action has an order of its own between 2 and 10000, and up to 20 parameters", function()
    drs("PutLaunchAction", action(1, 2))
    assert.equal("ConflictException", fault("PutLaunchAction", action(2, 2)).code)
    assert.equal("ValidationException", fault("PutLaunchAction", action(2, 1)).code)
    assert.equal("ValidationException", fault("PutLaunchAction", action(2, 10001)).code)
    local wide = action(3)
    wide.parameters = {}
    for number = 1, 20 do
      wide.parameters["p" .. number] = { value = "v", type = "SSM_STORE" }
    end
    assert.equal("v", drs("PutLaunchAction", wide).parameters.p20.value)
    wide.parameters.p21 = { value = "v", type = "SSM_STORE" }
    assert.equal("ValidationException", fault("PutLaunchAction", wide).code)
  end)

  it("2 [Q]: at most 200 launch actions for a resource, L-0588D03B", function()
    for number = 1, 200 do
      drs("PutLaunchAction", action(number))
    end
    assert.equal("L-0588D03B", fault("PutLaunchAction", action(201)).extra.quotaCode)
  end)
end)
