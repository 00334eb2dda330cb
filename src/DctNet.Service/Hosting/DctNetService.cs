using System.Net;
using System.Net.Sockets;
using DctNet.Core;
using DctNet.Core.Diagnostics;
using DctNet.Core.Provenance;
using DctNet.Service.Bulk;
using DctNet.Service.Composition;
using DctNet.Service.Interceptors;
using DctNet.Service.Ledger;
using DctNet.Service.Options;
using DctNet.Service.Rpc;
using DctNet.Service.Scheduling;
using DctNet.Service.SoftBinding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DctNet.Service.Hosting;

/// <summary>The service as a web application: what <c>DctNet.Server</c> runs and what the command line embeds.</summary>
public static class DctNetService
{
    private const string ReadyTag = "ready";

    /// <summary>Runs a server until it is told to stop. What cannot start is said in one sentence on standard error.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = Create(args);
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (StartupException exception)
        {
            await Console.Error.WriteLineAsync($"The server cannot start: {exception.Message}");
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"The server cannot start: {exception.Message} Other ports: DctNet:Ports.");
        }
        catch (SocketException exception)
        {
            await Console.Error.WriteLineAsync($"The server cannot start: it cannot listen as DctNet:Ports says ({exception.Message}).");
        }

        return 1;
    }

    /// <summary>Builds a server that listens on the configured ports.</summary>
    /// <exception cref="StartupException">The configuration is not valid.</exception>
    public static WebApplication Create(string[] args) => Create(args, TimeProvider.System);

    /// <summary>As <see cref="Create(string[])"/>, by another clock.</summary>
    internal static WebApplication Create(string[] args, TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddSingleton(time);
        var options = DctNetOptions.Read(builder.Configuration);

        // The slim builder knows the simple format alone, and takes it whatever the configuration says.
        builder.Logging.AddConsole(console =>
            console.FormatterName = builder.Configuration["Logging:Console:FormatterName"] ?? ConsoleFormatterNames.Simple);
        builder.Services.Configure<SimpleConsoleFormatterOptions>(console => console.SingleLine = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Listen(kestrel, options.Ports, options.Ports.Http, endpoint => endpoint.Serve(Listener.Http));
            Listen(kestrel, options.Ports, options.Ports.Grpc, endpoint =>
                endpoint.Serve(Listener.Grpc, TimeSpan.FromSeconds(options.Limits.MaxConnectionAgeSeconds), time));
            Listen(kestrel, options.Ports, options.Ports.Ops, endpoint => endpoint.Serve(Listener.Ops));
        });
        builder.Services.AddHostedService<ModelReloader>();
        return Build(builder, options, "server");
    }

    /// <summary>Adds the service to a builder whose listeners are set, and builds it.</summary>
    /// <param name="builder">With its listeners.</param>
    /// <param name="options">Read and valid.</param>
    /// <param name="spoolKind">Processes of one kind take up what earlier ones of it have left in the spool.</param>
    internal static WebApplication Build(WebApplicationBuilder builder, DctNetOptions options, string spoolKind)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        // The host logs what it throws with its whole stack; whoever started it gets the exception and prints its sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // A line or four for each request would drown what an operator looks for; traces and metrics tell of requests.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);

        // A probe that is answered "not ready" is no error of the server.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Drain.HoldSeconds + options.Drain.FinishSeconds));
        AddOptions(builder.Services, options);
        AddPipeline(builder.Services, spoolKind);
        AddLedger(builder.Services, options.Ledger);
        AddRpc(builder.Services);
        AddTelemetry(builder.Services);

        var app = builder.Build();
        try
        {
            // Networks, keys and spool are loaded before a port opens, so that what cannot work fails the start.
            app.Services.GetRequiredService<Engine>();
            app.Services.GetRequiredService<BulkSessions>();
        }
        catch (StartupException)
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        app.UseMiddleware<UploadDrain>();
        app.UseMiddleware<CallerMiddleware>();
        app.MapWhen(context => context.CameBy(Listener.Ops), MapOps);
        app.UseRouting();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        MapRpc(app);
        app.Services.GetRequiredService<SoftBindingApi>().Map(app);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, PortOptions ports, int port, Action<ListenOptions> serve)
    {
        if (port < 0)
        {
            return;
        }

        if (ports.Address == "*")
        {
            kestrel.ListenAnyIP(port, serve);
        }
        else if (IPAddress.TryParse(ports.Address, out var ip))
        {
            kestrel.Listen(ip, port, serve);
        }
        else
        {
            throw new StartupException($"DctNet:Ports:Address is \"{ports.Address}\"; it must be an IP address or * for every interface.");
        }
    }

    private static void AddOptions(IServiceCollection services, DctNetOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Ledger);
        services.AddSingleton(options.Limits);
        services.AddSingleton(options.Drain);
        services.AddSingleton(options.Models);
        services.AddSingleton(options.Label);
        services.TryAddSingleton(TimeProvider.System);
    }

    private static void AddPipeline(IServiceCollection services, string spoolKind)
    {
        services.AddSingleton(_ => Home.Open());
        services.AddSingleton<Engine>();
        services.AddSingleton(provider => provider.GetRequiredService<Engine>().Models);
        services.AddSingleton(provider => provider.GetRequiredService<Engine>().Cartoons);
        services.AddSingleton(provider => provider.GetRequiredService<Engine>().Verification);
        services.AddSingleton<Admission>();
        services.AddSingleton(provider => Spool.Open(
            provider.GetRequiredService<DataDirectory>(), spoolKind, provider.GetRequiredService<DctNetOptions>().Bulk));
        services.AddSingleton<BulkSessions>();
        services.AddHostedService<BulkWorkers>();
        services.AddSingleton<VerificationLane>();
        services.AddSingleton<SoftBindingApi>();
        services.AddSingleton<ServiceTelemetry>();
        services.AddSingleton<Readiness>();
        services.AddHostedService<Lifecycle>();
    }

    private static void AddLedger(IServiceCollection services, LedgerOptions options)
    {
        if (!options.Enabled)
        {
            services.AddSingleton<ILedger>(NullLedger.Instance);
            return;
        }

        services.AddSingleton(provider => LedgerDatabase.Open(options, provider.GetRequiredService<DataDirectory>()));
        services.AddSingleton<ILedger, SqlLedger>();
        if (options.RetentionDays > 0)
        {
            services.AddHostedService<RetentionSweep>();
        }
    }

    private static void AddRpc(IServiceCollection services)
    {
        services.AddGrpc(grpc => grpc.Interceptors.Add<CallInterceptor>());
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks(health => health.Services.Map("", check => check.Tags.Contains(ReadyTag)))
            .AddCheck<Readiness>("readiness", tags: [ReadyTag]);
        services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            // Watchers of grpc.health.v1 hear of a drain this late.
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = TimeSpan.FromSeconds(1);
        });
    }

    private static void AddTelemetry(IServiceCollection services)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? "dctnet", serviceVersion: ServiceVersion.Current))
            .WithTracing(tracing => tracing
                .AddSource(Telemetry.SourceName)
                .AddAspNetCoreInstrumentation(web => web.Filter = context => !context.CameBy(Listener.Ops)))
            .WithMetrics(metrics => metrics
                .AddMeter(Telemetry.SourceName, ServiceTelemetry.MeterName, "Microsoft.AspNetCore.Server.Kestrel")
                .AddAspNetCoreInstrumentation()
                // Counts every 4 KiB that Kestrel rents: a twentieth of the time of an upload.
                .AddView(instrument => instrument.Meter.Name == "Microsoft.AspNetCore.MemoryPool" ? MetricStreamConfiguration.Drop : null)
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());

        // The exporter's own default is a collector on localhost; without one it would knock there forever.
        if (ExportsTo("TRACES"))
        {
            telemetry.WithTracing(tracing => tracing.AddOtlpExporter());
        }

        if (ExportsTo("METRICS"))
        {
            telemetry.WithMetrics(metrics => metrics.AddOtlpExporter());
        }

        static bool ExportsTo(string signal) =>
            Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
            || Environment.GetEnvironmentVariable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 };
    }

    private static void MapRpc(WebApplication app)
    {
        app.MapGrpcService<CartoonRpc>();
        app.MapGrpcService<ProvenanceRpc>();
        app.MapGrpcService<ServerInfoRpc>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
    }

    private static void MapOps(IApplicationBuilder ops)
    {
        ops.UseHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false });
        ops.UseHealthChecks("/readyz", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag) });
        ops.UseOpenTelemetryPrometheusScrapingEndpoint("/metrics");
    }
}
