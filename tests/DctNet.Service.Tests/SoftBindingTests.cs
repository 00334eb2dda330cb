using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DctNet.C2pa;
using DctNet.C2pa.Tests;
using DctNet.C2pa.Verification;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Service.Tests.Ledger;
using DctNet.V1;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests;

/// <summary>The Soft Binding Resolution API over real HTTP.</summary>
public sealed class SoftBindingTests : IAsyncLifetime
{
    private static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dctnet-soft-binding-");
    private TestServer _server = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Binding => Uri.EscapeDataString(Convert.ToBase64String([0, 0, 0, 0, 0, 0, 0, 7]));

    public async ValueTask InitializeAsync()
    {
        _server = await StartAsync();
        _http = new HttpClient { BaseAddress = _server.Http, Timeout = TimeSpan.FromSeconds(60) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public async Task A_binding_leads_to_the_manifest_and_the_manifest_comes_back()
    {
        await RecordAsync(_server, OpenLedger.Record(7, tenant: "anonymous"), "urn:c2pa:1f:x");

        var byUrl = await Json(await _http.GetAsync($"matches/byBinding?alg={CredentialIssuer.WatermarkAlgorithm}&value={Binding}", Cancellation));
        var byBody = await Json(await _http.PostAsJsonAsync(
            "matches/byBinding", new { alg = CredentialIssuer.WatermarkAlgorithm, value = Uri.UnescapeDataString(Binding) }, Cancellation));
        var manifest = await _http.GetAsync("manifests/urn:c2pa:1f:x", Cancellation);

        Assert.Equal("""{"matches":[{"manifestId":"urn:c2pa:1f:x"}]}""", byUrl);
        Assert.Equal(byUrl, byBody);
        Assert.Equal("application/c2pa", manifest.Content.Headers.ContentType?.MediaType);
        Assert.Equal([9, 8, 7], await manifest.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_picture_leads_to_its_manifest_by_its_watermark()
    {
        var (_, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 });

        using var content = new ByteArrayContent(file);
        var matches = await Json(await _http.PostAsync("matches/byContent", content, Cancellation));
        using var photo = new ByteArrayContent(TestEnvironment.Sample);
        var nothing = await Json(await _http.PostAsync("matches/byContent", photo, Cancellation));

        Assert.Equal("""{"matches":[]}""", nothing);
        var id = (string?)Assert.Single(JsonNode.Parse(matches)!["matches"]!.AsArray())!["manifestId"];
        var manifest = await _http.GetByteArrayAsync($"manifests/{id}", Cancellation);

        // What was embedded in the file is what is on record.
        Assert.StartsWith("urn:c2pa:", id, StringComparison.Ordinal);
        Assert.True(manifest.Length > 1000 && file.AsSpan().IndexOf(manifest) > 0);
    }

    [Fact]
    public async Task A_hint_leads_to_the_manifest_where_the_mark_is_gone_but_not_from_another_picture()
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 });
        using var tiny = Decode(file, maxSide: 80);
        using var turned = tiny.Pixels.Clone();
        turned.Span.Reverse();
        var hint = $"hintAlg={CredentialIssuer.WatermarkAlgorithm}&hintValue=" +
            Uri.EscapeDataString(Convert.ToBase64String(Convert.FromHexString(header.Watermark.Id)));

        Assert.Equal(0, await CountAsync(tiny.Pixels, ""));
        Assert.Equal(0, await CountAsync(tiny.Pixels, "hintAlg=com.example.other&hintValue=x"));
        Assert.Equal(0, await CountAsync(tiny.Pixels, $"hintAlg={CredentialIssuer.WatermarkAlgorithm}&hintValue={Binding}"));
        Assert.Equal(1, await CountAsync(tiny.Pixels, $"alg={CredentialIssuer.WatermarkAlgorithm}&{hint}"));
        Assert.Equal(0, await CountAsync(turned, hint));
    }

    [Fact]
    public async Task The_active_manifest_comes_alone_where_that_is_asked()
    {
        var (_, source) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320 });
        var (_, file) = await _server.CartoonizeAsync(source, new CartoonizeOptions { MaxSide = 320 });
        var id = new ManifestVerifier(TrustList.Empty).Verify(file).Manifest!.Label;

        var store = await _http.GetByteArrayAsync($"manifests/{id}", Cancellation);
        var alone = await _http.GetByteArrayAsync($"manifests/{id}?returnActiveManifest=true", Cancellation);

        Assert.Equal(store, await _http.GetByteArrayAsync($"manifests/{id}?returnActiveManifest=false", Cancellation));
        Assert.Equal(ManifestStore.ActiveOnly(store), alone);
        Assert.True(alone.Length < store.Length - 1000 && store.AsSpan().EndsWith(alone.AsSpan(38)), "It is the last manifest of the store, in a store.");
    }

    [Fact]
    public async Task A_stranger_gets_manifests_only_where_they_are_public()
    {
        var query = $"matches/byBinding?alg={CredentialIssuer.WatermarkAlgorithm}&value={Binding}";
        await RecordAsync(_server, OpenLedger.Record(7, tenant: "ben"), "urn:c2pa:ben");

        Assert.Equal("""{"matches":[]}""", await Json(await _http.GetAsync(query, Cancellation)));
        var refused = await _http.GetAsync("manifests/urn:c2pa:ben", Cancellation);
        var absent = await _http.GetAsync("manifests/urn:c2pa:nobody", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal(await absent.Content.ReadAsStringAsync(Cancellation), await refused.Content.ReadAsStringAsync(Cancellation));

        await using var open = await StartAsync("Ledger:PublicManifests=true");
        using var http = new HttpClient { BaseAddress = open.Http };
        Assert.Equal("""{"matches":[{"manifestId":"urn:c2pa:ben"}]}""", await Json(await http.GetAsync(query, Cancellation)));
        Assert.True((await http.GetAsync("manifests/urn:c2pa:ben", Cancellation)).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding?alg=com.example.other&value=AAAA")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding?alg=dev.dctnet.watermark.1&value=!")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding?alg=dev.dctnet.watermark.1&value=AAAA")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding?alg=dev.dctnet.watermark.1&value=AAAAAAAAAAc%3D&maxResults=0")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding", "null")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding", "{")]
    [InlineData(400, "INVALID_OPTION", "matches/byBinding", """{"alg":1}""")]
    [InlineData(400, "INVALID_OPTION", "matches/byContent?alg=com.example.other", "x")]
    [InlineData(400, "INVALID_OPTION", "matches/byContent?hintAlg=dev.dctnet.watermark.1", "x")]
    [InlineData(400, "INVALID_OPTION", "matches/byContent?hintAlg=dev.dctnet.watermark.1&hintValue=AAAA", "x")]
    [InlineData(400, "INVALID_OPTION", "manifests/urn:c2pa:x?returnActiveManifest=perhaps")]
    [InlineData(415, "UNSUPPORTED_FORMAT", "matches/byContent", "no picture, just a text")]
    [InlineData(400, "EMPTY_INPUT", "matches/byContent", "")]
    public async Task A_wrong_question_is_refused_by_name(int status, string title, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body);
        var response = content is null ? await _http.GetAsync(path, Cancellation) : await _http.PostAsync(path, content, Cancellation);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"\"title\":\"{title}\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("matches/byBinding", "DELETE", "GET, POST")]
    [InlineData("matches/byContent", "GET", "POST")]
    [InlineData("manifests/urn:c2pa:x", "POST", "GET")]
    [InlineData("services/supportedAlgorithms", "POST", "GET")]
    [InlineData("openapi/soft-binding.json", "PUT", "GET")]
    public async Task A_wrong_method_is_refused_and_the_right_ones_are_named(string path, string method, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var response = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allowed.Split(", "), response.Content.Headers.Allow);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"title\":\"METHOD_NOT_ALLOWED\"", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    /// <summary>Questions changed by a seeded mutator; the content is no picture, so that only the question counts.</summary>
    [Theory]
    [InlineData("matches/byBinding", "alg=dev.dctnet.watermark.1&value=AAAAAAAAAAc%3D&maxResults=2")]
    [InlineData("matches/byContent", "hintAlg=dev.dctnet.watermark.1&hintValue=AAAAAAAAAAc%3D")]
    [InlineData("manifests/urn:c2pa:x", "returnActiveManifest=true")]
    [InlineData("matches/byBinding", null)]
    public async Task No_question_makes_the_service_fail(string path, string? query)
    {
        const string Body = """{"alg":"dev.dctnet.watermark.1","value":"AAAAAAAAAAc="}""";
        await using var server = await StartAsync("Limits:VerificationsPerMinute=0");
        using var http = new HttpClient { BaseAddress = server.Http };
        var counts = new Dictionary<HttpStatusCode, int>();
        for (var seed = 0; seed < Mutator.Count; seed++)
        {
            var changed = Mutator.Mutate(Encoding.Latin1.GetBytes(query ?? Body), .., seed);
            var uri = query is null ? new Uri(server.Http, path) : new Uri($"{server.Http}{path}?{Queryable(changed)}", s_asItIs);
            using var body = query is null ? new ByteArrayContent(changed) : path == "matches/byContent" ? new ByteArrayContent("x"u8.ToArray()) : null;
            using var response = body is null ? await http.GetAsync(uri, Cancellation) : await http.PostAsync(uri, body, Cancellation);

            counts[response.StatusCode] = counts.GetValueOrDefault(response.StatusCode) + 1;
        }

        var wellAsked = path switch
        {
            "matches/byBinding" => HttpStatusCode.OK,
            "matches/byContent" => HttpStatusCode.UnsupportedMediaType,
            _ => HttpStatusCode.NotFound,
        };
        Assert.Equivalent(new[] { HttpStatusCode.BadRequest, wellAsked }, counts.Keys, strict: true);
        Assert.All(counts.Values, count => Assert.True(count > Mutator.Count / 50, string.Join(' ', counts)));

        // Bytes that a request line cannot hold go in percent.
        static string Queryable(byte[] bytes) => string.Concat(bytes.Select(
            value => value is > (byte)' ' and < 0x7F and not ((byte)'#' or (byte)'"' or (byte)'<' or (byte)'>') ? $"{(char)value}" : $"%{value:x2}"));
    }

    [Theory]
    [InlineData("matches/byBinding", 5000, true)]
    [InlineData("matches/byBinding", 5000, false)]
    [InlineData("matches/byContent", 200_001, true)]
    [InlineData("matches/byContent", 300_000, false)]
    public async Task Too_large_a_body_is_refused_whether_its_length_is_announced_or_not(string path, int bytes, bool announced)
    {
        await using var server = await StartAsync("Limits:MaxUploadBytes=200000");
        using var http = new HttpClient { BaseAddress = server.Http };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[bytes]) };
        request.Headers.TransferEncodingChunked = !announced;

        var response = await http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_come_back()
    {
        await using var server = await StartAsync("Limits:VerificationsPerMinute=1");
        using var http = new HttpClient { BaseAddress = server.Http };

        // However slow the machine is: a minute brings another turn, and a hundred questions do not take an hour.
        var (answered, response) = (0, await http.GetAsync("manifests/urn:c2pa:x", Cancellation));
        for (; response.StatusCode == HttpStatusCode.NotFound && answered < 100; answered++)
        {
            response = await http.GetAsync("manifests/urn:c2pa:x", Cancellation);
        }

        Assert.InRange(answered, 1, 99);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task The_OpenAPI_document_names_what_is_served_and_nothing_else()
    {
        var document = JsonNode.Parse(await _http.GetStringAsync("openapi/soft-binding.json", Cancellation))!;
        var documented = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));

        var served = _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText is { } path
                && (path.StartsWith("/matches", StringComparison.Ordinal)
                    || path.StartsWith("/manifests", StringComparison.Ordinal)
                    || path.StartsWith("/services", StringComparison.Ordinal)))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                .Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        Assert.Equal("3.1.0", (string?)document["openapi"]);
        Assert.Equal(served.Order(), documented.Order());
        Assert.Equal(
            $$"""{"watermarks":[{"alg":"{{CredentialIssuer.WatermarkAlgorithm}}"}],"fingerprints":[]}""",
            await Json(await _http.GetAsync("services/supportedAlgorithms", Cancellation)));
        AssertReferencesResolve(document, document);
    }

    [Fact]
    public async Task The_gRPC_port_does_not_serve_it()
    {
        using var http = new HttpClient
        {
            BaseAddress = _server.Grpc, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("services/supportedAlgorithms", Cancellation)).StatusCode);
    }

    private static void AssertReferencesResolve(JsonNode root, JsonNode? node)
    {
        switch (node)
        {
            case JsonArray array:
                Assert.All(array, item => AssertReferencesResolve(root, item));
                break;
            case JsonObject @object:
                foreach (var (name, value) in @object)
                {
                    if (name == "$ref")
                    {
                        Assert.NotNull(((string)value!)[2..].Split('/').Aggregate((JsonNode?)root, (at, part) => at?[part]));
                    }

                    AssertReferencesResolve(root, value);
                }

                break;
        }
    }

    private async Task<int> CountAsync(PixelBuffer pixels, string query)
    {
        Assert.True(ImageEncoder.Encode(pixels, new EncodeOptions { Format = Core.Imaging.ImageFormat.Png }).TryGet(out var file, out _));
        using var content = new ReadOnlyMemoryContent(file.Bytes);
        var matches = await Json(await _http.PostAsync($"matches/byContent?{query}", content, Cancellation));
        return JsonNode.Parse(matches)!["matches"]!.AsArray().Count;
    }

    private static DecodedImage Decode(byte[] file, int maxSide)
    {
        Assert.True(ImageProbe.Read(file, new ImageLimits()).TryGet(out var header, out _));
        Assert.True(ImageDecoder.Decode(file, header, maxSide).TryGet(out var image, out _));
        return image;
    }

    private static async Task RecordAsync(TestServer server, LedgerRecord record, string manifestId) =>
        Assert.Null(await server.Services.GetRequiredService<ILedger>().RecordAsync(
            record with { ManifestId = manifestId, Manifest = new byte[] { 9, 8, 7 } }, Cancellation));

    private static async Task<string> Json(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var _ = JsonDocument.Parse(text);
        return text;
    }

    private Task<TestServer> StartAsync(params string[] settings) =>
        TestServer.StartAsync([$"Ledger:File={Path.Combine(_home.FullName, "ledger.db")}", .. settings]);
}
