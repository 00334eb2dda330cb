namespace DctNet.ModelTools;

/// <summary>What came from a URL the first time.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">64 hexadecimal digits.</param>
internal sealed record Pin(long Bytes, string Sha256);
