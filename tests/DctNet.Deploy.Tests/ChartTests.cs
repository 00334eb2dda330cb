using k8s.Models;

namespace DctNet.Deploy.Tests;

public sealed class ChartTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("minimal")]
    [InlineData("nvidia")]
    public void Every_manifest_is_what_Kubernetes_knows(string? values)
    {
        var chart = Chart.Render(values);

        Assert.All(chart.All<k8s.IKubernetesObject<V1ObjectMeta>>(), manifest =>
        {
            Assert.Equal("pictures", manifest.Metadata.NamespaceProperty);
            Assert.Equal("dctnet", manifest.Metadata.Labels["app.kubernetes.io/name"]);
        });
        Assert.Equal(2, chart.All<V1Service>().Count());
        Assert.False(chart.One<V1ServiceAccount>().AutomountServiceAccountToken);
        Assert.Equal(
            chart.Deployment.Spec.Selector.MatchLabels,
            chart.Deployment.Spec.Template.Metadata.Labels.Where(label => chart.Deployment.Spec.Selector.MatchLabels.ContainsKey(label.Key)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nvidia")]
    public void The_pod_meets_the_restricted_security_standard(string? values)
    {
        var chart = Chart.Render(values);

        Assert.True(chart.Pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(1654, chart.Pod.SecurityContext.RunAsUser);
        Assert.Equal("RuntimeDefault", chart.Pod.SecurityContext.SeccompProfile.Type);
        Assert.False(chart.Pod.AutomountServiceAccountToken);
        var security = chart.Container.SecurityContext;
        Assert.False(security.AllowPrivilegeEscalation);
        Assert.True(security.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], security.Capabilities.Drop);
        Assert.Null(security.Capabilities.Add);
        Assert.All(chart.Pod.Volumes, volume => Assert.Null(volume.HostPath));
    }

    [Fact]
    public void Only_the_two_public_ports_are_on_Services()
    {
        var chart = Chart.Render();

        Assert.Equal([8080, 8081, 9090], chart.Container.Ports.Select(port => port.ContainerPort));
        Assert.All(chart.All<V1Service>(), service =>
            Assert.Equal([("http", "http"), ("grpc", "grpc")], service.Spec.Ports.Select(port => (port.Name, port.TargetPort.Value))));
        Assert.Equal("None", Assert.Single(chart.All<V1Service>(), service => service.Metadata.Name == "release-dctnet-headless").Spec.ClusterIP);
        Assert.All(chart.All<V1Service>(), service => Assert.Equal(chart.Deployment.Spec.Selector.MatchLabels, service.Spec.Selector));
    }

    [Fact]
    public void Probes_ask_the_ops_port()
    {
        var container = Chart.Render().Container;

        Assert.Equal(("/healthz", "ops"), Target(container.StartupProbe));
        Assert.Equal(("/healthz", "ops"), Target(container.LivenessProbe));
        Assert.Equal(("/readyz", "ops"), Target(container.ReadinessProbe));
        Assert.Equal(120, container.StartupProbe.PeriodSeconds * container.StartupProbe.FailureThreshold);

        static (string Path, string Port) Target(V1Probe probe) => (probe.HttpGet.Path, probe.HttpGet.Port.Value);
    }

    [Fact]
    public void The_pod_goes_to_nodes_that_the_image_is_built_for()
    {
        Assert.Equal(new Dictionary<string, string> { ["kubernetes.io/arch"] = "amd64" }, Chart.Render().Pod.NodeSelector);
        Assert.Null(Chart.Render(null, @"nodeSelector.kubernetes\.io/arch=null").Pod.NodeSelector);
    }

    [Fact]
    public void The_pod_is_given_longer_than_the_drain_takes()
    {
        var chart = Chart.Render(null, "drain.holdSeconds=25", "drain.finishSeconds=300");

        Assert.Equal("25", chart.Env("DctNet__Drain__HoldSeconds"));
        Assert.Equal("300", chart.Env("DctNet__Drain__FinishSeconds"));
        Assert.True(chart.Pod.TerminationGracePeriodSeconds > 325);
    }

    [Fact]
    public void Bulk_sessions_and_connections_have_values_of_their_own()
    {
        var chart = Chart.Render(null, "bulk.maxSpoolBytes=2000000000", "bulk.keepOverRestart=false", "connections.maxAgeSeconds=60");

        Assert.Equal("2000000000", chart.Env("DctNet__Bulk__MaxSpoolBytes"));
        Assert.Equal("60", chart.Env("DctNet__Bulk__TimeToLiveMinutes"));
        Assert.Equal("false", chart.Env("DctNet__Bulk__KeepOverRestart"));
        Assert.Equal("60", chart.Env("DctNet__Limits__MaxConnectionAgeSeconds"));
    }

    [Fact]
    public void Without_an_accelerator_the_pod_asks_for_no_GPU()
    {
        var chart = Chart.Render();

        Assert.Equal("cpu", chart.Env("DctNet__Inference__ExecutionProvider"));
        Assert.Equal("dctnet-server:0.1.0", chart.Container.Image);
        Assert.DoesNotContain("nvidia.com/gpu", chart.Container.Resources.Limits.Keys);
        Assert.Null(chart.Pod.Tolerations);
        Assert.Null(chart.Pod.RuntimeClassName);
    }

    [Fact]
    public void The_nvidia_accelerator_brings_all_that_a_GPU_needs()
    {
        var chart = Chart.Render("nvidia", "nvidia.gpuCount=2", "nvidia.executionProvider=tensorrt");

        Assert.Equal("tensorrt", chart.Env("DctNet__Inference__ExecutionProvider"));
        Assert.Equal("registry.example.com/dctnet-server:0.1.0-gpu", chart.Container.Image);
        Assert.Equal("2", chart.Container.Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.Equal("8Gi", chart.Container.Resources.Limits["memory"].ToString());
        Assert.Equal("nvidia.com/gpu", Assert.Single(chart.Pod.Tolerations).Key);
        Assert.Equal("nvidia", chart.Pod.RuntimeClassName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nvidia")]
    public void The_home_and_tmp_are_the_only_writable_places(string? values)
    {
        var chart = Chart.Render(values);

        Assert.Equal("/var/lib/dctnet", chart.Env("DCTNET_HOME"));
        Assert.Equal(
            ["/var/lib/dctnet", "/tmp"],
            chart.Container.VolumeMounts.Where(mount => mount.ReadOnlyProperty != true).Select(mount => mount.MountPath));
        Assert.All(chart.Container.VolumeMounts, mount => Assert.Contains(chart.Pod.Volumes, volume => volume.Name == mount.Name));
    }

    [Fact]
    public void The_watermark_key_is_a_file_from_a_Secret()
    {
        var chart = Chart.Render(null, "watermark.existingSecret=mark", "watermark.secretKey=current");

        var volume = Assert.Single(chart.Pod.Volumes, volume => volume.Secret is not null);
        var item = Assert.Single(volume.Secret.Items);
        Assert.Equal(("mark", "current"), (volume.Secret.SecretName, item.Key));
        var mount = Assert.Single(chart.Container.VolumeMounts, mount => mount.Name == volume.Name);
        Assert.Equal(chart.Env("DctNet__Watermark__KeyFile"), mount.MountPath + "/" + item.Path);
    }

    [Fact]
    public void The_signers_key_and_certificates_are_files_from_a_Secret()
    {
        var chart = Chart.Render(null, "c2pa.existingSecret=signer");

        var volume = Assert.Single(chart.Pod.Volumes, volume => volume.Secret?.SecretName == "signer");
        Assert.Equal(["tls.crt", "tls.key"], volume.Secret.Items.Select(item => item.Key));
        Assert.Equal("/etc/dctnet/c2pa/chain.pem", chart.Env("DctNet__C2pa__CertificateFile"));
        Assert.Equal("/etc/dctnet/c2pa/key.pem", chart.Env("DctNet__C2pa__PrivateKeyFile"));
        Assert.All(
            (string[])["CertificateFile", "PrivateKeyFile", "SignerUrl", "TimeStampUrl", "TrustFile", "TimeStampTrustFile"],
            name => Assert.Null(Chart.Render().Env("DctNet__C2pa__" + name)));
    }

    [Fact]
    public void With_a_key_service_no_private_key_is_mounted()
    {
        var chart = Chart.Render(null, "c2pa.existingSecret=signer", "c2pa.signerUrl=https://kms.example.com/sign");

        Assert.Equal("tls.crt", Assert.Single(Assert.Single(chart.Pod.Volumes, volume => volume.Secret is not null).Secret.Items).Key);
        Assert.Equal("https://kms.example.com/sign", chart.Env("DctNet__C2pa__SignerUrl"));
        Assert.Null(chart.Env("DctNet__C2pa__PrivateKeyFile"));
    }

    [Fact]
    public void Trusted_roots_are_files_from_a_ConfigMap()
    {
        var chart = Chart.Render("nvidia");

        var volume = Assert.Single(chart.Pod.Volumes, volume => volume.ConfigMap is not null);
        var mount = Assert.Single(chart.Container.VolumeMounts, mount => mount.Name == volume.Name);
        Assert.Equal("c2pa-trust", volume.ConfigMap.Name);
        Assert.Equal(
            [("signers.pem", chart.Env("DctNet__C2pa__TrustFile")), ("tsa.pem", chart.Env("DctNet__C2pa__TimeStampTrustFile"))],
            volume.ConfigMap.Items.Select(item => (item.Key, (string?)(mount.MountPath + "/" + item.Path))));
        Assert.Equal("http://timestamp.example.com", chart.Env("DctNet__C2pa__TimeStampUrl"));
    }

    [Fact]
    public void The_ledgers_connection_comes_from_a_Secret_and_no_manifest_has_it()
    {
        var chart = Chart.Render(null, "ledger.postgres.existingSecret=database", "ledger.postgres.secretKey=url");

        var variable = Assert.Single(chart.Container.Env, variable => variable.Name == "DctNet__Ledger__PostgresConnectionString");
        Assert.Null(variable.Value);
        Assert.Equal(("database", "url"), (variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key));
        Assert.DoesNotContain(Chart.Render().Container.Env, other => other.Name == variable.Name);
    }

    [Fact]
    public void Persistence_claims_a_volume_and_never_runs_two_generations()
    {
        var chart = Chart.Render(null, "persistence.enabled=true", "persistence.size=5Gi");

        var claim = chart.One<V1PersistentVolumeClaim>();
        Assert.Equal("5Gi", claim.Spec.Resources.Requests["storage"].ToString());
        Assert.Equal("keep", claim.Metadata.Annotations["helm.sh/resource-policy"]);
        Assert.Equal(claim.Metadata.Name, Assert.Single(chart.Pod.Volumes, volume => volume.Name == "home").PersistentVolumeClaim.ClaimName);
        Assert.Equal("Recreate", chart.Deployment.Spec.Strategy.Type);
    }

    [Fact]
    public void Settings_and_telemetry_become_environment_variables()
    {
        var chart = Chart.Render("nvidia", "settings.Label__SystemName=Studio", "settings.Models__Quantized=true");

        Assert.Equal("33554432", chart.Env("DctNet__Limits__MaxUploadBytes"));
        Assert.Equal("Studio", chart.Env("DctNet__Label__SystemName"));
        Assert.Equal("true", chart.Env("DctNet__Models__Quantized"));
        Assert.Equal("http://collector:4317", chart.Env("OTEL_EXPORTER_OTLP_ENDPOINT"));
        Assert.Equal(
            "k8s.namespace.name=pictures,k8s.pod.name=$(POD_NAME),k8s.node.name=$(NODE_NAME),deployment.environment.name=ci",
            chart.Env("OTEL_RESOURCE_ATTRIBUTES"));
        Assert.Equal(chart.Container.Env.Count, chart.Container.Env.DistinctBy(variable => variable.Name).Count());
        Assert.Null(Chart.Render().Env("OTEL_EXPORTER_OTLP_ENDPOINT"));
    }
}
