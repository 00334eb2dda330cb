namespace DctNet.Core.Watermark;

/// <summary>
/// Counts the MAC checks of one detection and refuses those over the limit. Each check of a wrong payload passes with probability
/// 2^−bits, so limit · 2^−bits bounds the probability that an unmarked picture is accepted.
/// </summary>
internal sealed class MacBudget(int limit)
{
    public int Limit => limit;

    public int Used { get; private set; }

    /// <summary>Takes one check; false when none is left.</summary>
    public bool TryTake()
    {
        if (Used == limit)
        {
            return false;
        }

        Used++;
        return true;
    }
}
