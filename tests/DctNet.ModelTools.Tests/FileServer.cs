using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DctNet.ModelTools.Tests;

/// <summary>A real HTTP server on loopback that serves one file, well or badly.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FileServer(WebApplication application) => _application = application;

    public byte[] File { get; set; } = [];

    public string? Tag { get; set; } = "\"v1\"";

    public bool Ranges { get; set; } = true;

    /// <summary>Answer with a part even of another file than If-Range names.</summary>
    public bool IgnoresIfRange { get; set; }

    /// <summary>Do not say how long a part is.</summary>
    public bool Chunked { get; set; }

    /// <summary>Bytes of a part at most, whatever was asked for.</summary>
    public int MostOfPart { get; set; } = int.MaxValue;

    /// <summary>End the connection after as many bytes of each answer, as many times.</summary>
    public (int Bytes, int Times) Cut { get; set; }

    /// <summary>The Range headers of the requests so far; empty text for none.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public Uri Url(string path = "/model.pb") => new(new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()), path);

    public static async Task<FileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var application = builder.Build();
        var server = new FileServer(application);
        application.Run(server.AnswerAsync);
        await application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        switch (request.Path.Value)
        {
            case "/moved":
                response.Redirect("/moved-again");
                return;
            case "/moved-again":
                response.Redirect("/model.pb");
                return;
            case "/circle":
                response.Redirect("/circle");
                return;
            case "/model.pb":
                break;
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                return;
        }

        var range = request.Headers.Range.ToString();
        Requests.Enqueue(range);
        response.Headers.ETag = Tag;
        var (start, end) = (0, File.Length);
        if (Ranges && range.Length > 0 && (IgnoresIfRange || request.Headers.IfRange.Count == 0 || request.Headers.IfRange == Tag))
        {
            start = int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);
            if (start >= File.Length)
            {
                response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                response.Headers.ContentRange = $"bytes */{File.Length}";
                return;
            }

            end = (int)Math.Min(end, (long)start + MostOfPart);
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {start}-{end - 1}/{File.Length}";
        }

        response.ContentLength = Chunked && response.StatusCode == StatusCodes.Status206PartialContent ? null : end - start;
        var cut = Cut.Times > 0;
        Cut = (Cut.Bytes, Cut.Times - 1);
        await response.Body.WriteAsync(File.AsMemory(start, cut ? Math.Min(Cut.Bytes, end - start) : end - start));
        if (cut)
        {
            // An answer shorter than it says ends the connection, behind the bytes that are on their way: a reset would overtake them.
            await response.Body.FlushAsync();
        }
    }
}
