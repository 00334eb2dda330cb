using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>How the server stops. Section <c>DctNet:Drain</c>.</summary>
public sealed record DrainOptions
{
    /// <summary>
    /// How long health says NOT_SERVING while new calls are still taken, so that balancers look away first. Defaults to 0; behind a
    /// balancer use more than its probe interval.
    /// </summary>
    [Range(0, 600)]
    public int HoldSeconds { get; set; }

    /// <summary>How long running calls may take to finish afterwards. Defaults to 30.</summary>
    [Range(1, 3600)]
    public int FinishSeconds { get; set; } = 30;
}
