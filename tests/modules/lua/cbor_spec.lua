-- CBOR against the vectors of RFC 8949, appendix A, and against bytes that mean harm.

local cbor   = require "cbor"
local crypto = require "crypto"
local json   = require "json"

local function decode(hex)
  return cbor.decode(crypto.unhex(hex))
end

local function refusal(bytes)
  local fine, problem = pcall(cbor.decode, bytes)
  assert.is_false(fine)
  assert.equal("INVALID_CBOR", problem.code)
  return problem.message
end

-- Well-formed, with every kind of head: what the tests below spoil.
local GOOD = cbor.map { cbor.text "list", cbor.list { cbor.integer(-70000), cbor.double(0.5), cbor.float(1.5), cbor.time(2.5) },
  cbor.text "bytes", cbor.bytes(("x"):rep(300)), cbor.text "yes", cbor.boolean(true), cbor.text "more",
  "\x7f\x61a\x61b\xff", cbor.text "endless", "\xbf\x61k\x9f\xf6\xff\xff" }

describe("cbor.decode", function()
  it("reads RFC 8949's examples", function()
    for hex, value in pairs {
      ["00"] = 0, ["17"] = 23, ["1818"] = 24, ["1903e8"] = 1000, ["1a000f4240"] = 1000000, ["1b000000e8d4a51000"] = 1000000000000,
      ["20"] = -1, ["3863"] = -100, ["f90000"] = 0, ["f93c00"] = 1, ["f97bff"] = 65504, ["f9c400"] = -4, ["f93e00"] = 1.5,
      ["f90001"] = 5.960464477539063e-8, ["f97c00"] = math.huge, ["f9fc00"] = -math.huge, ["fa47c35000"] = 100000,
      ["fb3ff199999999999a"] = 1.1, ["1bffffffffffffffff"] = 18446744073709551615.0, ["3bffffffffffffffff"] = -18446744073709551616.0,
      ["f4"] = false, ["f5"] = true, ["f6"] = json.null, ["f7"] = json.null, ["c11a514b67b0"] = 1363896240, ["6449455446"] = "IETF",
      ["4401020304"] = "\1\2\3\4", ["7f657374726561646d696e67ff"] = "streaming", ["5f42010243030405ff"] = "\1\2\3\4\5",
    } do
      assert.equal(value, decode(hex), hex)
    end
    assert.is_true(decode "f97e00" ~= decode "f97e00")
    for hex, text in pairs {
      ["8301820203820405"] = "[1,[2,3],[4,5]]", ["9f018202039f0405ffff"] = "[1,[2,3],[4,5]]", ["80"] = "[]", ["9fff"] = "[]",
      ["a26161016162820203"] = '{"a":1,"b":[2,3]}', ["bf61610161629f0203ffff"] = '{"a":1,"b":[2,3]}', ["a0"] = "{}",
      ["a16161f4"] = '{"a":false}', ["8264f09f98806178"] = '["😀","x"]',
    } do
      assert.equal(text, json.encode(decode(hex)), hex)
    end
  end)

  it("gives whole floats as integers, as JSON does", function()
    assert.equal("integer", math.type(decode "fb4059000000000000"))
    assert.equal("float", math.type(decode "fb4059200000000000"))
    assert.equal("float", math.type(decode "1bffffffffffffffff"))
  end)

  it("refuses what is not one well-formed item", function()
    for _, hex in ipairs { "", "18", "19ff", "64494554", "82", "8201", "a1", "a161", "a10102", "ff", "81ff", "0000", "1c", "5f01ff",
      "fb00", "f8", "f818", "e0", "1f", "3f", "df", "c1", "bf6161ff", "7bffffffffffffffff61", "62c328", "61ff", "5f5f4101ffff", "7f4101ff",
      "9f", "bf", "5f", "fc", "7c" } do
      refusal(crypto.unhex(hex))
    end
    assert.equal("byte 2: something behind the item", refusal "\0\0")
  end)

  it("refuses every beginning of a good item", function()
    cbor.decode(GOOD)
    for length = 0, #GOOD - 1 do
      refusal(GOOD:sub(1, length))
    end
  end)

  it("makes no room for what is only announced", function()
    for _, head in ipairs { "\x9a\xff\xff\xff\xff", "\xba\xff\xff\xff\xff", "\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
      "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "\x7a\xff\xff\xff\xff" } do
      assert.matches("longer than what is left", refusal(head .. "\0\0\0"))
    end
    collectgarbage()
    local before = collectgarbage "count"
    local nested = ("\x9a\x00\x0f\x00\x00"):rep(190) .. ("\0"):rep(1 << 20) -- each level announces a million items
    refusal(nested)
    assert.is_true(collectgarbage "count" - before < 64 * 1024)
  end)

  it("goes 200 levels deep, and no further", function()
    assert.is_table(cbor.decode(("\x81"):rep(200) .. "\0"))
    for _, level in ipairs { "\x81", "\x9f", "\xa1\x61a", "\xc1" } do
      assert.matches("200 levels", refusal(level:rep(100000) .. "\0"))
    end
  end)

  it("survives any byte in any place", function()
    for place = 1, #GOOD do
      for _, byte in ipairs { 0x00, 0x1f, 0x5f, 0x7f, 0x9b, 0xbf, 0xc1, 0xf8, 0xff } do
        local fine, problem = pcall(cbor.decode, GOOD:sub(1, place - 1) .. string.char(byte) .. GOOD:sub(place + 1))
        assert.is_true(fine or problem.code == "INVALID_CBOR")
      end
    end
  end)
end)

describe("cbor's writers", function()
  it("write what is read again, in the fewest bytes", function()
    for _, number in ipairs { 0, 23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -24, -25, -70000, math.mininteger,
      math.maxinteger } do
      assert.equal(number, cbor.decode(cbor.integer(number)))
    end
    for bytes, written in pairs { ["\x17"] = cbor.integer(23), ["\x18\x18"] = cbor.integer(24), ["\x38\xff"] = cbor.integer(-256),
      ["\x19\x01\x00"] = cbor.integer(256), ["\xc1\x05"] = cbor.time(5), ["\xfa\x3f\x80\0\0"] = cbor.float(1),
      ["\x43abc"] = cbor.bytes "abc", ["\x63abc"] = cbor.text "abc", ["\xf4"] = cbor.boolean(false), ["\x80"] = cbor.list {} } do
      assert.equal(bytes, written)
    end
    assert.equal(1.1, cbor.decode(cbor.double(1.1)))
    assert.equal('{"a":[true,"x",2.5]}', json.encode(cbor.decode(cbor.map {
      cbor.text "a", cbor.list { cbor.boolean(true), cbor.bytes "x", cbor.time(2.5) } })))
  end)

  it("refuse what is no item, by the argument's name", function()
    assert.has_error(function() cbor.list { 1 } end, "bad argument #1 to 'list' (an item is not written yet)")
    assert.has_error(function() cbor.map { cbor.text "a" } end, "bad argument #1 to 'map' (the last key has no value)")
    assert.has_error(function() cbor.integer(1.5) end)
  end)
end)
