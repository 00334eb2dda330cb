namespace DctNet.Core.Pipeline;

/// <summary>A picture's right to compute, which others wait for.</summary>
public interface IComputePlace
{
    /// <summary>
    /// Called between two steps of a picture, on the thread that computes it: may block while somebody in more of a hurry has the place.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller went away meanwhile.</exception>
    void GiveWay(CancellationToken cancellation);

    /// <summary>Called when only the signer and the ledger are waited for, so that a slow one does not keep others from computing.</summary>
    void Leave();
}
