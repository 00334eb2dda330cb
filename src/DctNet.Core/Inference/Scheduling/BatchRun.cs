namespace DctNet.Core.Inference.Scheduling;

/// <summary>One run of a network over pictures that lie behind each other in memory.</summary>
/// <param name="session">Number of the session to run in, from 0.</param>
/// <param name="count">How many pictures.</param>
/// <param name="pictures">All of them as one, with the size that each has.</param>
/// <param name="style">The style vector of all.</param>
/// <param name="cancellation">Stops the run.</param>
internal delegate void BatchRun(int session, int count, BatchPicture pictures, float[] style, CancellationToken cancellation);
