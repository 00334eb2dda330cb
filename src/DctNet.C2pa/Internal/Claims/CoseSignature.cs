using System.Formats.Asn1;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Validation;
using DctNet.C2pa.Signing;

namespace DctNet.C2pa.Internal.Claims;

/// <summary>
/// A COSE_Sign1 structure (RFC 9052) with a detached payload, the claim. Written here and not by System.Security.Cryptography.Cose, whose
/// signers need the key in the process.
/// </summary>
/// <param name="Protected">The protected header as it was encoded.</param>
/// <param name="Algorithm">COSE number of the algorithm; null where there is none.</param>
/// <param name="Certificates">The certificates in DER, the signer's first.</param>
/// <param name="Signature">The signature.</param>
/// <param name="TimeStamp">The time-stamp, if there is one.</param>
/// <param name="StampsSignature">True for <c>sigTst2</c>, which is over the signature; false for <c>sigTst</c>, which is over the claim.</param>
internal sealed record CoseSignature(
    ReadOnlyMemory<byte> Protected,
    long? Algorithm,
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates,
    ReadOnlyMemory<byte> Signature,
    ReadOnlyMemory<byte>? TimeStamp,
    bool StampsSignature)
{
    private const int AlgorithmHeader = 1;
    private const int CertificatesHeader = 33;
    private const string PadHeader = "pad";

    /// <summary>Beyond this a chain is nonsense.</summary>
    private const int MaxCertificates = 16;

    /// <summary>From this length up to 65,535 a byte string has three bytes of header.</summary>
    private const int MinPadBytes = 256;

    /// <summary>Bytes of a claim's protected header.</summary>
    public static byte[] EncodeProtected(ISigner signer) => CborWriting.Encode(writer =>
    {
        writer.WriteStartMap(null);
        writer.WriteInt32(AlgorithmHeader);
        writer.WriteInt32(signer.Algorithm switch
        {
            SigningAlgorithm.Es256 => -7,
            SigningAlgorithm.Es384 => -35,
            _ => -37,
        });
        writer.WriteInt32(CertificatesHeader);
        if (signer.Certificates is [var only])
        {
            writer.WriteByteString(only.Span); // One certificate stands without an array (RFC 9360).
        }
        else
        {
            writer.WriteStartArray(null);
            foreach (var certificate in signer.Certificates)
            {
                writer.WriteByteString(certificate.Span);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndMap();
    });

    /// <summary>What is signed (<c>Signature1</c>), or stamped (<c>CounterSignature</c>).</summary>
    public static byte[] ToBeSigned(string context, ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> payload)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);
        writer.WriteStartArray(4);
        writer.WriteTextString(context);
        writer.WriteByteString(protectedHeader);
        writer.WriteByteString([]);
        writer.WriteByteString(payload);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>The bytes that a time-stamp of version 2 is over.</summary>
    public static byte[] ToBeStamped(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> signature)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);
        writer.WriteByteString(signature);
        return ToBeSigned("CounterSignature", protectedHeader, writer.Encode());
    }

    /// <summary>The structure without a time-stamp.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> signature) =>
        Encode(protectedHeader, signature, token: null, padBytes: 0);

    /// <summary>The structure with a time-stamp and zeros up to a length, or null where the token is too long for it.</summary>
    public static byte[]? EncodeStamped(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> signature, byte[] token, int length)
    {
        var least = Encode(protectedHeader, signature, token, MinPadBytes);
        return least.Length <= length ? Encode(protectedHeader, signature, token, MinPadBytes + length - least.Length) : null;
    }

    /// <summary>Length of a signature made by this key, as it is stored.</summary>
    public static int SignatureLength(X509Certificate2 signer)
    {
        using var ecdsa = signer.GetECDsaPublicKey();
        using var rsa = ecdsa is null ? signer.GetRSAPublicKey() : null;
        return ecdsa is not null ? 2 * ((ecdsa.KeySize + 7) / 8) : rsa!.KeySize / 8;
    }

    /// <summary>Turns an ECDSA signature in ASN.1 into r and s side by side; leaves any other as it is.</summary>
    public static byte[] Normalize(byte[] signature, int length)
    {
        if (signature.Length == length)
        {
            return signature;
        }

        try
        {
            var sequence = new AsnReader(signature, AsnEncodingRules.DER).ReadSequence();
            var fixedLength = new byte[length];
            Place(sequence.ReadIntegerBytes().Span.TrimStart((byte)0), fixedLength.AsSpan(0, length / 2));
            Place(sequence.ReadIntegerBytes().Span.TrimStart((byte)0), fixedLength.AsSpan(length / 2));
            return fixedLength;
        }
        catch (Exception problem) when (problem is AsnContentException or ArgumentException)
        {
            return signature;
        }

        static void Place(ReadOnlySpan<byte> number, Span<byte> field) => number.CopyTo(field[(field.Length - number.Length)..]);
    }

    /// <exception cref="MalformedException">It is no COSE_Sign1 structure with certificates.</exception>
    public static CoseSignature Parse(ReadOnlyMemory<byte> bytes, CborBudget? budget = null)
    {
        if (CborNode.Parse(bytes, budget).Items is not [{ Bytes: { } header }, { Map: not null } open, _, { Bytes: { } signature }])
        {
            throw new MalformedException("The signature is no COSE_Sign1 structure.");
        }

        var closed = CborNode.Parse(header, budget);
        var certificates = Chain(closed[CertificatesHeader] ?? closed["x5chain"] ?? open[CertificatesHeader] ?? open["x5chain"]);
        var second = open["sigTst2"];
        var stamp = (second ?? open["sigTst"])?["tstTokens"]?.Items is [var token, ..] ? token["val"]?.Bytes : null;
        return new CoseSignature(header, closed[AlgorithmHeader]?.Integer, certificates, signature, stamp, second is not null);
    }

    /// <summary>True where the signature is that of the payload by this certificate's key; null where the algorithm is not known here.</summary>
    public bool? Verify(ReadOnlySpan<byte> payload, X509Certificate2 signer)
    {
        var data = ToBeSigned("Signature1", Protected.Span, payload);
        if (Algorithm == -8)
        {
            return signer.GetKeyAlgorithm() == Oids.Ed25519 && Ed25519.Verify(signer.GetPublicKey(), data, Signature.Span);
        }

        if (Hash is not { } hash)
        {
            return null;
        }

        if (Algorithm is -37 or -38 or -39)
        {
            using var rsa = signer.GetRSAPublicKey();
            return rsa?.VerifyData(data, Signature.Span, hash, RSASignaturePadding.Pss) ?? false;
        }

        using var ecdsa = signer.GetECDsaPublicKey();
        return ecdsa?.VerifyData(data, Signature.Span, hash) ?? false;
    }

    private HashAlgorithmName? Hash => Algorithm switch
    {
        -7 or -37 => HashAlgorithmName.SHA256,
        -35 or -38 => HashAlgorithmName.SHA384,
        -36 or -39 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static IReadOnlyList<ReadOnlyMemory<byte>> Chain(CborNode? node) => node switch
    {
        { Bytes: { } only } => [only],
        { Items: { Count: > 0 and <= MaxCertificates } items } => [.. items.Select(
            item => item.Bytes ?? throw new MalformedException("A certificate is no byte string."))],
        _ => throw new MalformedException("The signature has no certificates, or too many."),
    };

    private static byte[] Encode(ReadOnlySpan<byte> protectedHeader, ReadOnlySpan<byte> signature, byte[]? token, int padBytes)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical, convertIndefiniteLengthEncodings: true);
        writer.WriteTag((CborTag)18);
        writer.WriteStartArray(4);
        writer.WriteByteString(protectedHeader);
        writer.Map(open =>
        {
            if (token is not null)
            {
                open.Map("sigTst2", container => container.Array("tstTokens", [token], (array, value) => array.Map(item => item.Bytes("val", value))));
                open.Bytes(PadHeader, new byte[padBytes]);
            }
        });
        writer.WriteNull();
        writer.WriteByteString(signature);
        writer.WriteEndArray();
        return writer.Encode();
    }
}
