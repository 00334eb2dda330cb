namespace DctNet.Client;

/// <summary>How far a bulk run is.</summary>
/// <param name="Done">Items with a cartoon.</param>
/// <param name="Failed">Items without.</param>
/// <param name="Open">Items on their way.</param>
/// <param name="SentBytes">Bytes of portraits handed to the connection, those sent again included.</param>
/// <param name="ReceivedBytes">Bytes of cartoons, those received again included.</param>
/// <param name="Streams">Streams that were begun: one, and one for each cut, refusal and rotation.</param>
/// <param name="Connected">Streams that a server answers now; 0 while it is waited for.</param>
public readonly record struct BulkProgress(
    long Done, long Failed, int Open, long SentBytes, long ReceivedBytes, int Streams, int Connected);
