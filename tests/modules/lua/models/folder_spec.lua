local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local config       = require "config"
local json         = require "json"
local model_folder = require "tests.support.model_folder"
local models       = require "models"

local function shapes()
  return { SpeakRequest = { type = "structure", members = { word = { shape = "Text" } } }, Text = "string",
    SpeakAnswer = { type = "structure", members = { words = { shape = "Texts" } } },
    Texts = { type = "list", member = { shape = "Text" } } }
end

local function parrot(version_of)
  return model_folder.speak({ protocol = "json", targetPrefix = version_of or "Parrot", jsonVersion = "1.1" }, {
    http = { method = "POST", requestUri = "/" }, input = { shape = "SpeakRequest" }, output = { shape = "SpeakAnswer" },
  }, shapes())
end

local function problem_of(files, service)
  local problem
  model_folder.with(files, function()
    local fine
    fine, problem = pcall(models.load, service)
    assert.is_false(fine)
  end)
  return tostring(problem)
end

describe("DRSH_MODEL_PATH", function()
  it("makes a service work that nobody has named, by the newest version of its model", function()
    model_folder.with({
      ["parrot/2019-01-01/service-2.json"] = parrot "Old", ["parrot/2020-01-01/service-2.json"] = parrot(),
      ["parrot/2020-01-01/paginators-1.json"] = {
        pagination = { Speak = { input_token = "word", output_token = "next", result_key = "words" } },
      },
    }, function()
      local listener, requests = aws_server.start { { 200, {}, '{"words":["a","b"],"next":"n"}' }, { 200, {}, '{"words":["c"]}' } }
      local client = aws_server.client("parrot", listener)
      local words = {}
      for word in client:items("speak", { word = "x" }) do
        words[#words + 1] = word
      end
      assert.are.same({ "a", "b", "c" }, words)
      assert.are.equal("Parrot.Speak", requests[1].headers["x-amz-target"])
      assert.are.equal("application/x-amz-json-1.1", requests[1].headers["content-type"])
      assert.are.equal('{"word":"n"}', requests[2].body)
      assert.matches("/eu%-west%-1/parrot/aws4_request", requests[1].headers.authorization)
      listener.close()
    end)
  end)

  it("adds to the built-in services, under their own names and botocore's", function()
    local more = parrot()
    more.metadata.serviceId, more.metadata.endpointPrefix = "SFN", "states"
    more.operations.DescribeExecution = { name = "DescribeExecution", http = { method = "POST", requestUri = "/" } }
    model_folder.with({ ["stepfunctions/2030-01-01/service-2.json"] = more }, function()
      local model = models.load "sfn"
      assert.are.equal(model, models.load "stepfunctions")
      assert.are.equal("sfn", model.service)
      assert.is_table(model.operations.Speak)
      assert.is_table(model.operations.StartExecution)
      assert.is_string(model.operations.DescribeExecution.input) -- the folder's model lacks so much that it must be older
      assert.is_table(models.load("drs").operations.DescribeJobs)
      local known = table.concat(models.services(), " ")
      assert.matches("sfn", known)
      assert.is_nil(known:find "stepfunctions")
    end)
    assert.is_table(models.load("sfn").operations.DescribeExecution.errors)
    assert.is_nil(models.load("sfn").operations.Speak)
  end)

  it("goes first for a built-in service when it has all of its operations", function()
    local more = parrot()
    more.metadata.serviceId, more.metadata.endpointPrefix = "STS", "sts"
    for name in pairs(models.load("sts").operations) do
      more.operations[name] = { name = name, http = { method = "POST", requestUri = "/" } }
    end
    model_folder.with({ ["sts/2030-01-01/service-2.json"] = more }, function()
      assert.is_nil(models.load("sts").operations.AssumeRole.input)
      assert.is_table(models.load("sts").operations.Speak)
    end)
    assert.is_string(models.load("sts").operations.AssumeRole.input)
  end)

  it("takes what *.sdk-extras.json adds", function()
    model_folder.with({
      ["parrot/2020-01-01/service-2.json"] = parrot(),
      ["parrot/2020-01-01/service-2.sdk-extras.json"] = { merge = { metadata = { signingName = "pirate" } } },
      ["parrot/2020-01-01/paginators-1.sdk-extras.json"] = {
        merge = { pagination = { Speak = { input_token = "word", output_token = "next", more_results = "more" } } },
      },
    }, function()
      assert.are.equal("pirate", models.load("parrot").metadata.signingName)
      assert.are.equal("more", models.load("parrot").paginators.Speak.more_results)
    end)
  end)

  it("speaks what we know of several protocols", function()
    local model = parrot()
    model.metadata.protocol, model.metadata.protocols = "smithy-rpc-v2-cbor", json.array { "smithy-rpc-v2-cbor", "query", "json" }
    model_folder.with({ ["parrot/2020-01-01/service-2.json"] = model }, function()
      assert.are.equal("json", models.load("parrot").metadata.protocol)
    end)
    model.metadata.protocols = nil
    model_folder.with({ ["parrot/2020-01-01/service-2.json"] = model }, function()
      assert.are.equal("smithy-rpc-v2-cbor", models.load("parrot").metadata.protocol)
    end)
    model.metadata.protocol = "morse"
    assert.matches("INVALID_MODEL: parrot speaks only morse, which drsh does not",
      problem_of({ ["parrot/2020-01-01/service-2.json"] = model }, "parrot"))
  end)

  it("says what is missing or broken, with the file's name", function()
    local file = "parrot/2020-01-01/service-2.json"
    assert.matches("unknown AWS service 'parot', did you mean 'parrot'%?$", problem_of({ [file] = parrot() }, "parot"))
    assert.matches("INVALID_MODEL.*parrot/2020%-01%-01/service%-2.*line 1, column", problem_of({ [file] = "{nonsense" }, "parrot"))
    assert.matches("it is no JSON object", problem_of({ [file] = "[]" }, "parrot"))
    assert.matches("it has no operations", problem_of({ [file] = '{"metadata":{},"shapes":{}}' }, "parrot"))
    local model = parrot()
    model.shapes.Texts.member.shape = "Nowhere"
    assert.matches("the shape Texts refers to a shape that is not there", problem_of({ [file] = model }, "parrot"))
    model = parrot()
    model.operations.Speak.output.shape = "Nowhere"
    assert.matches("the operation Speak refers to a shape", problem_of({ [file] = model }, "parrot"))
    assert.matches("gzip data are broken", problem_of({ [file .. ".gz"] = "\x1f\x8b\x08\0broken" }, "parrot"))
    assert.matches("paginators%-1", problem_of({ [file] = parrot(), ["parrot/2020-01-01/paginators-1.json"] = "x" }, "parrot"))
  end)

  it("that names no folder is an error, and not a missing service", function()
    config.set("DRSH_MODEL_PATH", "/nowhere/at/all")
    local fine, problem = pcall(models.load, "drs")
    config.set("DRSH_MODEL_PATH", nil)
    assert.is_false(fine)
    assert.matches("INVALID_MODEL.*/nowhere/at/all: there is no such folder", tostring(problem))
    local _, message = pcall(aws.client, "parrot")
    assert.matches("unknown AWS service 'parrot'.*DRSH_MODEL_PATH", message)
  end)
end)
