using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using DctNet.C2pa;
using DctNet.Core;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using DctNet.Service.Scheduling;
using DctNet.Service.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.SoftBinding;

/// <summary>
/// The C2PA Soft Binding Resolution API 2.4: from a watermark, or a picture that carries one, to the manifest that was stripped from it. Nothing
/// of a picture is kept.
/// </summary>
/// <remarks>
/// Handlers are plain request delegates, so that nothing is generated or reflected at run time. A manifest is for its tenant, or for everybody
/// where <see cref="LedgerOptions.PublicManifests"/> says so. The reading half of the API: neither <c>POST /manifests</c> nor
/// <c>/matches/byReference</c>, which would have the server fetch what callers name.
/// </remarks>
internal sealed class SoftBindingApi(
    ILedger ledger,
    VerificationPipeline verification,
    VerificationLane lane,
    LedgerOptions options,
    LimitOptions limits,
    TimeProvider time,
    ILogger<SoftBindingApi> logger)
{
    private const int DefaultMaxResults = 10;

    /// <summary>A binding of ours has 12 characters of base64; the rest is room for JSON and for other people's.</summary>
    private const int MaxQueryBytes = 4096;

    private const int ReadBytes = 64 << 10;

    private static readonly SupportedAlgorithms s_algorithms = new([new(CredentialIssuer.WatermarkAlgorithm)], []);

    private static readonly byte[] s_openApi = LoadOpenApi();

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/matches/byBinding", Guard(GetByBindingAsync));
        endpoints.MapPost("/matches/byBinding", Guard(PostByBindingAsync));
        endpoints.MapPost("/matches/byContent", Guard(ByContentAsync));
        endpoints.MapGet("/manifests/{manifestId}", Guard(ManifestAsync));
        endpoints.MapGet("/services/supportedAlgorithms", Guard(async context =>
        {
            await context.Response.WriteAsJsonAsync(s_algorithms, SoftBindingJson.Default.SupportedAlgorithms);
            return null;
        }));
        endpoints.MapGet("/openapi/soft-binding.json", Guard(async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(s_openApi, context.RequestAborted);
            return null;
        }));

        // Catches the other methods of these paths: 405 with a problem document.
        MapOthers("/matches/byBinding", "GET, POST");
        MapOthers("/matches/byContent", "POST");
        MapOthers("/manifests/{manifestId}", "GET");
        MapOthers("/services/supportedAlgorithms", "GET");
        MapOthers("/openapi/soft-binding.json", "GET");

        void MapOthers(string path, string allowed) => endpoints.Map(path, Guard(async context =>
        {
            context.Response.Headers.Allow = allowed;
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "METHOD_NOT_ALLOWED", $"The method must be one of: {allowed}.");
            return null;
        }));
    }

    private static byte[] LoadOpenApi()
    {
        using var resource = typeof(SoftBindingApi).Assembly.GetManifestResourceStream("soft-binding.openapi.json")!;
        var document = new byte[resource.Length];
        resource.ReadExactly(document);
        return document;
    }

    private static Failure NotABinding(string what, string field) => new(FailureCode.InvalidOption, what, field);

    private static Failure? UnknownAlgorithm(string? name) =>
        name == CredentialIssuer.WatermarkAlgorithm
            ? null
            : NotABinding($"The only algorithm here is {CredentialIssuer.WatermarkAlgorithm}.", "alg");

    private static Outcome<WatermarkId> Id(string? value, string field)
    {
        var id = new byte[sizeof(ulong)];
        return Convert.TryFromBase64String(value ?? "", id, out var length) && length == id.Length
            ? new WatermarkId(BinaryPrimitives.ReadUInt64BigEndian(id))
            : NotABinding($"The value must be the watermark's id, {id.Length} bytes big-endian, in base64.", field);
    }

    /// <summary>The id of a hint. One in an algorithm that is not known here is no help, and no mistake.</summary>
    private static Failure? ReadHint(IQueryCollection query, out WatermarkId? hint)
    {
        hint = null;
        if (query["hintAlg"] != CredentialIssuer.WatermarkAlgorithm)
        {
            return null;
        }

        if (Id(query["hintValue"], "hintValue").TryGet(out var id, out var failure))
        {
            hint = id;
        }

        return failure;
    }

    private static Outcome<bool> ActiveOnly(IQueryCollection query) => query["returnActiveManifest"].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => NotABinding("returnActiveManifest must be true or false.", "returnActiveManifest"),
    };

    private static Outcome<int> MaxResults(HttpContext context)
    {
        var text = context.Request.Query["maxResults"].ToString();
        if (text.Length == 0)
        {
            return DefaultMaxResults;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : NotABinding("maxResults must be a whole number of at least 1.", "maxResults");
    }

    /// <summary>Answers on the HTTP listener only, and puts every failure into a problem document.</summary>
    private RequestDelegate Guard(Func<HttpContext, Task<Failure?>> handler) => async context =>
    {
        if (!context.CameBy(Listener.Http))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Failure? failure;
        try
        {
            failure = await handler(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (ConnectionResetException)
        {
            return;
        }
        catch (BadHttpRequestException exception)
        {
            failure = exception.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => TooLarge(limits.MaxUploadBytes),
                StatusCodes.Status408RequestTimeout => new Failure(FailureCode.UploadStalled, "The request came too slowly."),
                _ => new Failure(FailureCode.ProtocolViolation, "The request is no proper HTTP."),
            };
        }
        catch (Exception exception)
        {
            logger.UnhandledException(exception, context.Request.Method + " of the soft binding API");
            failure = new Failure(FailureCode.Internal, "The server failed; its log says why.");
        }

        if (failure is not null && !context.Response.HasStarted)
        {
            await FailureProblem.WriteAsync(context.Response, failure);
        }
    };

    private Task<Failure?> GetByBindingAsync(HttpContext context) => ByBindingAsync(
        context, new BindingQuery(context.Request.Query["alg"], context.Request.Query["value"]));

    private async Task<Failure?> PostByBindingAsync(HttpContext context)
    {
        if (!(await ReadAsync(context, MaxQueryBytes)).TryGet(out var body, out var failure))
        {
            return failure;
        }

        using (body)
        {
            try
            {
                return JsonSerializer.Deserialize(body.Bytes.Span, SoftBindingJson.Default.BindingQuery) is { } query
                    ? await ByBindingAsync(context, query)
                    : NotABinding("The body must be a JSON object with alg and value.", "body");
            }
            catch (JsonException)
            {
                return NotABinding("The body must be a JSON object with alg and value.", "body");
            }
        }
    }

    private async Task<Failure?> ByBindingAsync(HttpContext context, BindingQuery query)
    {
        if (UnknownAlgorithm(query.Alg) is { } unknown)
        {
            return unknown;
        }

        if (!Id(query.Value, "value").TryGet(out var id, out var refused))
        {
            return refused;
        }

        if (!lane.Enter(context).TryGet(out var entry, out refused))
        {
            return refused;
        }

        using (entry)
        {
            return await AnswerAsync(context, await ledger.FindAsync(keyId: null, id, context.RequestAborted));
        }
    }

    private async Task<Failure?> ByContentAsync(HttpContext context)
    {
        var (cancellation, query) = (context.RequestAborted, context.Request.Query);
        if (query.ContainsKey("alg") && UnknownAlgorithm(query["alg"]) is { } unknown)
        {
            return unknown;
        }

        if (ReadHint(query, out var hint) is { } wrong)
        {
            return wrong;
        }

        if (!lane.Enter(context).TryGet(out var entry, out var failure))
        {
            return failure;
        }

        using (entry)
        {
            if (!(await ReadAsync(context, limits.MaxUploadBytes)).TryGet(out var picture, out failure))
            {
                return failure;
            }

            using (picture)
            {
                if (!verification.DecodedBytes(picture.Bytes).TryGet(out var decodedBytes, out failure)
                    || !(await lane.WaitForPlaceAsync(new Work(Lane.Interactive, decodedBytes, DateTime.MaxValue), cancellation)).TryGet(out var place, out failure))
                {
                    return failure;
                }

                using (place)
                {
                    return await AnswerAsync(context, await verification.FindAsync(picture.Bytes, hint, place, cancellation));
                }
            }
        }
    }

    private async Task<Failure?> AnswerAsync(HttpContext context, Outcome<IReadOnlyList<LedgerRecord>> found)
    {
        if (!found.TryGet(out var records, out var failure) || !MaxResults(context).TryGet(out var count, out failure))
        {
            return failure;
        }

        var matches = records.Where(record => IsFor(context, record)).Select(record => new Match(record.ManifestId!)).Take(count);
        await context.Response.WriteAsJsonAsync(new QueryResult([.. matches]), SoftBindingJson.Default.QueryResult);
        return null;
    }

    private async Task<Failure?> ManifestAsync(HttpContext context)
    {
        if (!ActiveOnly(context.Request.Query).TryGet(out var activeOnly, out var failure)
            || !lane.Enter(context).TryGet(out var entry, out failure))
        {
            return failure;
        }

        using (entry)
        {
            var manifestId = (string)context.Request.RouteValues["manifestId"]!;
            if (!(await ledger.FindManifestAsync(manifestId, context.RequestAborted)).TryGet(out var records, out failure))
            {
                return failure;
            }

            var record = records.FirstOrDefault(record => IsFor(context, record));
            if (record is null)
            {
                // The same for one that is not there and one that is another tenant's.
                await RefuseAsync(context, StatusCodes.Status404NotFound, "NOT_FOUND", "No such manifest is on record for you.");
                return null;
            }

            context.Response.ContentType = "application/c2pa";
            var store = record.Manifest!.Value;
            await context.Response.Body.WriteAsync(activeOnly ? ManifestStore.ActiveOnly(store) : store, context.RequestAborted);
            return null;
        }
    }

    /// <summary>A refusal that only HTTP knows.</summary>
    private static Task RefuseAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new Problem(title, status, detail), SoftBindingJson.Default.Problem, "application/problem+json");
    }

    private bool IsFor(HttpContext context, LedgerRecord record) =>
        record is { Manifest: not null, ManifestId: not null }
        && (options.PublicManifests || record.Tenant == Caller.Of(context).Tenant);

    /// <summary>Reads the body into pooled memory, within bounds of bytes and time.</summary>
    private async Task<Outcome<Upload>> ReadAsync(HttpContext context, int maxBytes)
    {
        if (context.Request.ContentLength > maxBytes)
        {
            return TooLarge(maxBytes);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = (long)maxBytes + ReadBytes; // Our own bound comes first, and says why.
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(limits.MaxUploadSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        var upload = new Upload((int)(context.Request.ContentLength ?? ReadBytes));
        var whole = false;
        try
        {
            while (true)
            {
                var read = await context.Request.BodyReader.ReadAsync(either.Token);
                var fits = read.Buffer.Length <= maxBytes - upload.Length;
                foreach (var part in fits ? read.Buffer : default)
                {
                    upload.Append(part.Span);
                }

                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (!fits)
                {
                    return TooLarge(maxBytes);
                }

                if (read.IsCompleted)
                {
                    whole = true;
                    return upload;
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return new Failure(FailureCode.UploadStalled, $"The upload took longer than {limits.MaxUploadSeconds} seconds.");
        }
        finally
        {
            if (!whole)
            {
                upload.Dispose();
            }
        }
    }

    private static Failure TooLarge(int maxBytes) => new(FailureCode.UploadTooLarge, $"The body may have {maxBytes:N0} bytes.");
}
