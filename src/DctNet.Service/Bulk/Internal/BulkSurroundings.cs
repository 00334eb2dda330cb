using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Bulk;

/// <summary>What every session of a server shares.</summary>
/// <param name="Spool">Where their files are.</param>
/// <param name="Options">Bounds of a session.</param>
/// <param name="Limits">Bounds of an upload.</param>
/// <param name="CheckRequest">What is wrong with an item's options, or null.</param>
/// <param name="CountPicture">Why a tenant may not send another picture now, or null.</param>
/// <param name="List">Called, under the session's gate, when it has work for a worker.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">For faults of the disk.</param>
internal sealed record BulkSurroundings(
    Spool Spool,
    BulkOptions Options,
    LimitOptions Limits,
    Func<CartoonRequest, Failure?> CheckRequest,
    Func<string, Failure?> CountPicture,
    Action<BulkSession> List,
    TimeProvider Time,
    ILogger Logger);
