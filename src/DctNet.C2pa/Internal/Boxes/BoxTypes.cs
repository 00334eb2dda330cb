namespace DctNet.C2pa.Internal.Boxes;

/// <summary>
/// The JUMBF content types of a manifest store (C2PA 2.4, "Use of JUMBF"): a four-character code, and as a UUID that code followed by
/// <c>-0011-0010-8000-00AA00389B71</c> (ISO 19566-5, annex B).
/// </summary>
internal static class BoxTypes
{
    public const uint Superbox = 0x6A756D62; // jumb
    public const uint Description = 0x6A756D64; // jumd
    public const uint Cbor = 0x63626F72; // cbor
    public const uint Json = 0x6A736F6E; // json

    public const uint Brotli = 0x62726F62; // brob

    public const uint Store = 0x63327061; // c2pa
    public const uint Manifest = 0x63326D61; // c2ma
    public const uint UpdateManifest = 0x6332756D; // c2um
    public const uint AssertionStore = 0x63326173; // c2as
    public const uint Claim = 0x6332636C; // c2cl
    public const uint Signature = 0x63326373; // c2cs
    public const uint CredentialStore = 0x63327663; // c2vc
    public const uint DataStore = 0x63326462; // c2db

    /// <summary>What follows the code in a UUID of this family.</summary>
    public static ReadOnlySpan<byte> UuidTail => [0x00, 0x11, 0x00, 0x10, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];
}
