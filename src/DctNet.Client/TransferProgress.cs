namespace DctNet.Client;

/// <summary>How far a call is. A retry begins again at zero.</summary>
/// <param name="SentBytes">Bytes of the upload handed to the connection.</param>
/// <param name="UploadBytes">Bytes of the whole upload; null for a source whose length is not known.</param>
/// <param name="ReceivedBytes">Bytes of the answer.</param>
/// <param name="ResultBytes">Bytes of the whole answer; null until it begins.</param>
public readonly record struct TransferProgress(long SentBytes, long? UploadBytes, long ReceivedBytes, long? ResultBytes);
