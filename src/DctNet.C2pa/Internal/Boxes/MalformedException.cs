namespace DctNet.C2pa.Internal.Boxes;

/// <summary>Bytes that are not what they should be. Caught inside the library: a verifier turns it into a status code.</summary>
internal sealed class MalformedException(string message) : Exception(message);
