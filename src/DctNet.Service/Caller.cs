using Microsoft.AspNetCore.Http;

namespace DctNet.Service;

/// <summary>Who calls. Quotas, rate limits and ledger records are kept by it.</summary>
/// <param name="Tenant">Name of the tenant.</param>
internal sealed record Caller(string Tenant)
{
    /// <summary>Everybody, as long as there is no access control.</summary>
    public static Caller Anonymous { get; } = new("anonymous");

    /// <summary>The caller that the <see cref="Interceptors.CallerMiddleware"/> established.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Anonymous;
}
