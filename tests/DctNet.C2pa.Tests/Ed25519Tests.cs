using System.Numerics;
using DctNet.C2pa.Internal.Validation;

namespace DctNet.C2pa.Tests;

/// <summary>Ed25519 by the vectors of RFC 8032, 7.1, and what must not pass for a signature.</summary>
public sealed class Ed25519Tests
{
    public static TheoryData<string, string, string> Vectors => new()
    {
        {
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void A_signature_of_the_standard_holds_and_with_any_byte_changed_it_does_not(string publicKey, string message, string signature)
    {
        var (key, data, signed) = (Convert.FromHexString(publicKey), Convert.FromHexString(message), Convert.FromHexString(signature));

        Assert.True(Ed25519.Verify(key, data, signed));
        Assert.False(Ed25519.Verify(key, [.. data, 0], signed));
        for (var at = 0; at < 96; at += 5)
        {
            byte[] changed = [.. key, .. signed];
            changed[at] ^= (byte)(1 << (at % 8));
            Assert.False(Ed25519.Verify(changed.AsSpan(0, 32), data, changed.AsSpan(32)));
        }
    }

    [Fact]
    public void A_second_signature_made_by_adding_the_order_is_none()
    {
        var row = Vectors.First().Data;
        var (key, signed) = (Convert.FromHexString(row.Item1), Convert.FromHexString(row.Item3));
        var order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

        (new BigInteger(signed.AsSpan(32), isUnsigned: true) + order).ToByteArray(isUnsigned: true).CopyTo(signed, 32);

        Assert.False(Ed25519.Verify(key, [], signed));
    }

    [Theory]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // The neutral element.
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // Order 2.
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // Order 4.
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")] // Order 8.
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // The neutral element, with p added to y.
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")] // No point of the curve.
    [InlineData("01")]
    public void For_a_key_that_is_none_nobody_can_sign(string publicKey)
    {
        // R = A or neutral, S = 0: without a check of the key one message in eight at the latest has this signature.
        var key = Convert.FromHexString(publicKey);
        byte[] neutral = [1, .. new byte[63]];
        for (byte message = 0; message < 32; message++)
        {
            Assert.False(Ed25519.Verify(key, [message], neutral));
        }
    }

    [Fact]
    public void Whatever_the_bytes_are_there_is_an_answer()
    {
        var random = new Random(5);
        for (var round = 0; round < 100; round++)
        {
            var (key, signature) = (new byte[round % 10 == 0 ? random.Next(40) : 32], new byte[round % 10 == 1 ? random.Next(80) : 64]);
            random.NextBytes(key);
            random.NextBytes(signature);
            Assert.False(Ed25519.Verify(key, [], signature));
        }
    }
}
