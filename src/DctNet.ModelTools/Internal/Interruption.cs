namespace DctNet.ModelTools;

/// <summary>Why a download is not complete.</summary>
/// <param name="Reason">A clause for people.</param>
/// <param name="IsFinal">Another attempt would end in the same way.</param>
internal sealed record Interruption(string Reason, bool IsFinal);
