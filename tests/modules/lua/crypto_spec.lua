local crypto = require "crypto"
local uuid = require "uuid"

describe("crypto", function()
  it("hashes as the standards' examples", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", crypto.hex(crypto.sha256 "abc"))
    assert.equal("a9993e364706816aba3e25717850c26c9cd0d89d", crypto.hex(crypto.sha1 "abc"))
    assert.equal("900150983cd24fb0d6963f7d28e17f72", crypto.hex(crypto.md5 "abc"))
    assert.equal("d41d8cd98f00b204e9800998ecf8427e", crypto.hex(crypto.md5 ""))
    assert.equal(0xCBF43926, crypto.crc32 "123456789")
    assert.equal(0, crypto.crc32 "")
    assert.equal(0xE3069283, crypto.crc32c "123456789")
    assert.equal(0xAE8B14860A799888, crypto.crc64nvme "123456789")
  end)

  it("computes HMAC as RFC 4231 shows", function()
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      crypto.hex(crypto.hmac_sha256("Jefe", "what do ya want for nothing?")))
    assert.equal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      crypto.hex(crypto.hmac_sha256(("\xaa"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First")))
  end)

  it("writes and reads hexadecimal digits", function()
    assert.equal("00ff0a", crypto.hex "\0\255\n")
    assert.equal("\0\255\n", crypto.unhex "00Ff0A")
    assert.equal("", crypto.unhex "")
    for _, text in ipairs { "0", "0g", "zz", "00 ", "0x00" } do assert.is_nil(crypto.unhex(text)) end
  end)

  it("writes and reads base64 as RFC 4648 shows", function()
    local pairs_of = {
      [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy",
    }
    for bytes, text in pairs(pairs_of) do
      assert.equal(text, crypto.base64_encode(bytes))
      assert.equal(bytes, crypto.base64_decode(text))
      assert.equal((text:gsub("=", "")), crypto.base64url_encode(bytes))
      assert.equal(bytes, crypto.base64url_decode((text:gsub("=", ""))))
    end
    assert.equal("+/8=", crypto.base64_encode "\251\255")
    assert.equal("-_8", crypto.base64url_encode "\251\255")
  end)

  it("takes no base64 but its own", function()
    for _, text in ipairs { "Zg", "Zg=", "Zh==", "Zg==x", "Z g=", "Zg==\n", "-_8=", "Zg===", "=", "Z" } do
      assert.is_nil(crypto.base64_decode(text), text)
    end
    for _, text in ipairs { "Zg==", "+/8", "Zh", "Z" } do assert.is_nil(crypto.base64url_decode(text), text) end
  end)

  it("round-trips random bytes", function()
    for length = 0, 200 do
      local bytes = crypto.random_bytes(length)
      assert.equal(length, #bytes)
      assert.equal(bytes, crypto.base64_decode(crypto.base64_encode(bytes)))
      assert.equal(bytes, crypto.base64url_decode(crypto.base64url_encode(bytes)))
      assert.equal(bytes, crypto.unhex(crypto.hex(bytes)))
    end
    assert.is_true(crypto.random_bytes(16) ~= crypto.random_bytes(16))
  end)

  it("compares", function()
    assert.is_true(crypto.equal("", ""))
    assert.is_true(crypto.equal("a\0b", "a\0b"))
    assert.is_false(crypto.equal("a\0b", "a\0c"))
    assert.is_false(crypto.equal("a", "ab"))
  end)

  it("refuses misuse", function()
    for _, name in ipairs {
      "sha256", "sha1", "md5", "crc32", "crc32c", "crc64nvme", "gzip", "hex", "unhex", "base64_encode", "base64_decode", "equal", "hmac_sha256",
    } do
      assert.has_error(function() crypto[name]() end)
      assert.has_error(function() crypto[name]({}, "x") end)
    end
    assert.has_error(function() crypto.random_bytes(-1) end)
    assert.has_error(function() crypto.random_bytes(65537) end)
  end)
end)

describe("uuid", function()
  it("makes version 4, never the same", function()
    local seen = {}
    for _ = 1, 1000 do
      local id = uuid.v4()
      assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$", id)
      assert.is_true(uuid.is_valid(id))
      assert.is_nil(seen[id])
      seen[id] = true
    end
  end)

  it("tells one from what is none", function()
    assert.is_true(uuid.is_valid "F47AC10B-58cc-1372-a567-0e02b2c3d479")
    for _, value in ipairs {
      "", "f47ac10b58cc4372a5670e02b2c3d479", "f47ac10b-58cc-4372-a567-0e02b2c3d47", "f47ac10b-58cc-4372-a567-0e02b2c3d4790",
      "g47ac10b-58cc-4372-a567-0e02b2c3d479", "f47ac10b-58cc-4372-a567+0e02b2c3d479", 5, true, {},
    } do
      assert.is_false(uuid.is_valid(value))
    end
    assert.is_false(uuid.is_valid(nil))
  end)
end)
