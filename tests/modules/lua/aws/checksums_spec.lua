-- Checksums that models ask for, seen at a server.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local config       = require "config"
local crypto       = require "crypto"
local model_folder = require "tests.support.model_folder"

local SHAPES = {
  In = { type = "structure", payload = "body", members = {
    body = { shape = "Bytes" }, algorithm = { shape = "Text", location = "header", locationName = "x-amz-sdk-checksum-algorithm" },
    own = { shape = "Text", location = "header", locationName = "x-amz-checksum-md5" },
    kind = { shape = "Text", location = "header", locationName = "x-amz-checksum-type" },
    mode = { shape = "Text", location = "header", locationName = "x-amz-checksum-mode" },
  } },
  Out = { type = "structure", payload = "body", members = { body = { shape = "Bytes" } } },
  Bytes = "blob", Text = "string",
}

-- A call of an operation with these traits -> the output and the request; raises what the call raises.
local function speak(traits, input, answer)
  local operation = { input = { shape = "In" }, output = { shape = "Out" }, http = { method = "POST", requestUri = "/" } }
  for name, value in pairs(traits) do
    operation[name] = value
  end
  local listener, requests = aws_server.start { answer or { 200, {}, "" } }
  local fine, output
  model_folder.with({ ["parrot/1/service-2.json"] = model_folder.speak({ protocol = "rest-json" }, operation, SHAPES) }, function()
    local client = aws_server.client("parrot", listener, { max_attempts = 1 })
    fine, output = pcall(client.speak, client, input)
  end)
  listener.close()
  if not fine then
    error(output, 0)
  end
  return output, requests[1]
end

local function sent(traits, input)
  local _, request = speak(traits, input)
  return request.headers
end

local CHECKED = { httpChecksum = { requestAlgorithmMember = "algorithm", requestChecksumRequired = true } }
local CAN_BE = { httpChecksum = { requestAlgorithmMember = "algorithm", requestChecksumRequired = false } }
local ANSWERED = { httpChecksum = { requestValidationModeMember = "mode", responseAlgorithms = { "CRC32", "SHA256" } } }

local function with_setting(name, value, fn)
  config.set(name, value)
  local fine, problem = pcall(fn)
  config.set(name, nil)
  if not fine then
    error(problem, 0)
  end
end

describe("a body's checksum", function()
  it("is a CRC32 where nobody says which", function()
    local headers = sent(CHECKED, { body = "123456789" })
    assert.are.equal("y/Q5Jg==", headers["x-amz-checksum-crc32"])
    assert.are.equal("CRC32", headers["x-amz-sdk-checksum-algorithm"])
    headers = sent({ httpChecksumRequired = true }, { body = "123456789" })
    assert.are.equal("y/Q5Jg==", headers["x-amz-checksum-crc32"])
    assert.is_nil(headers["x-amz-sdk-checksum-algorithm"])
  end)

  it("is the one that the caller names", function()
    for name, expected in pairs { CRC32 = "y/Q5Jg==", CRC32C = "4waSgw==", CRC64NVME = "rosUhgp5mIg=",
      SHA1 = crypto.base64_encode(crypto.sha1 "123456789"), SHA256 = crypto.base64_encode(crypto.sha256 "123456789"),
      SHA512 = crypto.base64_encode(crypto.sha512 "123456789") } do
      local headers = sent(CHECKED, { body = "123456789", algorithm = name })
      assert.are.equal(expected, headers["x-amz-checksum-" .. name:lower()])
      assert.are.equal(name == "CRC32", headers["x-amz-checksum-crc32"] ~= nil)
    end
  end)

  it("is the caller's own where he gives one, of whatever kind", function()
    local headers = sent(CHECKED, { body = "x", own = "mine" })
    assert.are.equal("mine", headers["x-amz-checksum-md5"])
    assert.is_nil(headers["x-amz-checksum-crc32"])
    assert.is_string(sent(CHECKED, { body = "x", kind = "COMPOSITE" })["x-amz-checksum-crc32"])
  end)

  it("that we cannot make is refused", function()
    local fine, problem = pcall(speak, CHECKED, { body = "x", algorithm = "XXHASH3" })
    assert.is_false(fine)
    assert.matches("Speak: drsh makes no checksum XXHASH3; give CRC64NVME, CRC32C, .*or your own in ChecksumXXHASH3", tostring(problem))
  end)

  it("that is not required is made unless the settings say otherwise", function()
    assert.is_string(sent(CAN_BE, { body = "x" })["x-amz-checksum-crc32"])
    with_setting("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required", function()
      assert.is_nil(sent(CAN_BE, { body = "x" })["x-amz-checksum-crc32"])
      assert.is_string(sent(CAN_BE, { body = "x", algorithm = "CRC32" })["x-amz-checksum-crc32"])
      assert.is_string(sent(CHECKED, { body = "x" })["x-amz-checksum-crc32"])
    end)
    with_setting("AWS_REQUEST_CHECKSUM_CALCULATION", "sometimes", function()
      local fine, problem = pcall(speak, CAN_BE, { body = "x" })
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "CHECKSUM_SETTING"))
      assert.matches("%(request_checksum_calculation%) is 'sometimes': it can be when_supported or when_required", problem.message)
    end)
  end)
end)

describe("an answer's checksum", function()
  local function answer(headers)
    return { 200, headers, "123456789" }
  end

  it("is asked for and compared", function()
    local output, request = speak(ANSWERED, {}, answer { ["x-amz-checksum-crc32"] = "y/Q5Jg==" })
    assert.are.same({ "123456789", "ENABLED" }, { output.body, request.headers["x-amz-checksum-mode"] })
    for _, name in ipairs { "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512" } do
      local fine, problem = pcall(speak, ANSWERED, {}, answer { ["x-amz-checksum-" .. name] = "AAAAAA==" })
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "CHECKSUM_MISMATCH"))
    end
  end)

  it("is let be where it is of parts, of a kind that we do not know, or not asked for", function()
    for _, headers in ipairs { { ["x-amz-checksum-crc32"] = "AAAAAA==-3" }, { ["x-amz-checksum-xxhash3"] = "AAAA" }, {} } do
      assert.are.equal("123456789", speak(ANSWERED, {}, answer(headers)).body)
    end
    assert.are.equal("123456789", speak({}, {}, answer { ["x-amz-checksum-crc32"] = "AAAAAA==" }).body)
    with_setting("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required", function()
      local output, request = speak(ANSWERED, {}, answer { ["x-amz-checksum-crc32"] = "AAAAAA==" })
      assert.are.equal("123456789", output.body)
      assert.is_nil(request.headers["x-amz-checksum-mode"])
      assert.is_false(pcall(speak, ANSWERED, { mode = "ENABLED" }, answer { ["x-amz-checksum-crc32"] = "AAAAAA==" }))
    end)
  end)
end)
