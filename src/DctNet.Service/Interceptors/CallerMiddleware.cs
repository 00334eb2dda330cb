using System.Diagnostics;
using DctNet.Core.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace DctNet.Service.Interceptors;

/// <summary>Establishes the caller of every request and names its tenant on the request's span.</summary>
internal sealed class CallerMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var caller = Caller.Anonymous;
        context.Features.Set(caller);
        Activity.Current?.SetTag(Telemetry.TenantTag, caller.Tenant);
        return next(context);
    }
}
